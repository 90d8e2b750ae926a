# 3,000 x /bin/true, ten at a time, an output file each and one line of a log for each.
import asyncio, json, sys, time

async def main(count):
    gate, log = asyncio.Semaphore(10), open("joblog", "w")
    async def one(i):
        async with gate:
            start = time.time()
            with open(f"{i}.log", "wb") as out:
                process = await asyncio.create_subprocess_exec("/bin/true", stdout=out, stdin=asyncio.subprocess.DEVNULL)
                code = await process.wait()
            log.write(json.dumps({"id": i, "code": code, "start": start, "end": time.time()}) + "\n")
    await asyncio.gather(*(one(i) for i in range(count)))

asyncio.run(main(int(sys.argv[1])))
