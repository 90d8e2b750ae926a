"""Streams as a Python program would: the counterpart of StreamRate, with the same report.

    stream_client.py httpx|openai|anthropic BASE_URL STREAMS COUNT PAUSE SIZE
"""
import asyncio, json, re, resource, sys, time

kind, base, streams, count, pause, size = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:5]), sys.argv[5], sys.argv[6]
headers = {"x-count": str(count), "x-pause": pause, "x-size": size}
STAMP = re.compile(r"(\d{6,}) x*")
received, late = 0, []


def arrived(text):
    now = time.monotonic_ns() // 1000
    for stamp in STAMP.findall(text):
        late.append(now - int(stamp))


async def by_httpx():
    import httpx
    client = httpx.AsyncClient(limits=httpx.Limits(max_connections=None), timeout=600)

    async def one():
        global received
        async with client.stream("GET", base + "/events", headers=headers) as answer:
            async for text in answer.aiter_text():
                received += len(text)
                arrived(text)
    return one


async def by_openai():
    import httpx, openai
    client = openai.AsyncOpenAI(base_url=base + "/v1", api_key="none", max_retries=0, http_client=httpx.AsyncClient(
        limits=httpx.Limits(max_connections=None), timeout=600))

    async def one():
        global received
        stream = await client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": "x"}], stream=True, extra_headers=headers)
        async for event in stream:
            text = event.choices[0].delta.content or ""
            received += len(text)
            arrived(text)
    return one


async def by_anthropic():
    import anthropic
    # Its own client allows a thousand connections.
    client = anthropic.AsyncAnthropic(base_url=base, api_key="none", max_retries=0, timeout=600)

    async def one():
        global received
        stream = await client.messages.create(
            model="m", max_tokens=9, messages=[{"role": "user", "content": "x"}], stream=True, extra_headers=headers)
        async for event in stream:
            text = event.delta.text if event.type == "content_block_delta" else ""
            received += len(text)
            arrived(text)
    return one


def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4


async def main():
    global received
    one = await {"httpx": by_httpx, "openai": by_openai, "anthropic": by_anthropic}[kind]()
    await one()
    received, before = 0, resident()
    late.clear()
    cpu, start = time.process_time(), time.monotonic()
    peak = before

    async def watch():
        nonlocal peak
        while True:
            peak = max(peak, resident())
            await asyncio.sleep(0.05)
    watcher = asyncio.ensure_future(watch())
    done = await asyncio.gather(*(one() for _ in range(streams)), return_exceptions=True)
    watcher.cancel()
    errors = [str(error) for error in done if isinstance(error, BaseException)]
    seconds, cpu = time.monotonic() - start, time.process_time() - cpu
    late.sort()
    megabytes = max(received, 1) / 1e6
    print(json.dumps({
        "client": kind, "streams": streams, "errors": len(errors), "tokens": len(late), "bytes": received,
        "seconds": round(seconds, 3), "cpu_seconds": round(cpu, 3), "cpu_ms_per_mb": round(cpu * 1000 / megabytes, 2),
        "cpu_us_per_token": round(cpu * 1e6 / max(len(late), 1), 2),
        "kb_per_stream": round((peak - before) / streams, 1), "late_us_p50": late[len(late) // 2] if late else 0,
        "late_us_p99": late[len(late) * 99 // 100] if late else 0, "late_us_max": late[-1] if late else 0}))
    if errors:
        print(errors[0], file=sys.stderr)


asyncio.run(main())
