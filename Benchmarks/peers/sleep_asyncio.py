import asyncio, sys

async def main(count):
    await asyncio.gather(*(asyncio.sleep(1) for _ in range(count)))

asyncio.run(main(int(sys.argv[1])))
