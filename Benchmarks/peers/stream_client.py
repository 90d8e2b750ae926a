"""Streams as a Python program would: the counterpart of StreamRate, with the same report.

    stream_client.py httpx|openai|anthropic BASE_URL STREAMS COUNT PAUSE SIZE       (PAUSE in microseconds)
"""
import asyncio, json, re, sys, time

kind, base, streams, count, pause, size = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6]), sys.argv[6]
headers = {"x-count": str(count), "x-pause": str(pause), "x-size": size}
STAMP = re.compile(r"(\d{6,}) x*")
late, first, gaps = [], [], []


class Ear:
    """What one stream hears."""

    def __init__(self):
        self.last = self.longest = 0

    def __enter__(self):
        return self

    def __exit__(self, *error):
        gaps.append(self.longest)

    def heard(self, text):
        stamps = STAMP.findall(text)
        if not stamps:
            return
        now = time.monotonic_ns() // 1000
        if self.last:
            self.longest = max(self.longest, now - self.last)
        else:
            first.append(now - int(stamps[0]))
        self.last = now
        for stamp in stamps:
            late.append(now - int(stamp))


async def by_httpx():
    import httpx
    client = httpx.AsyncClient(limits=httpx.Limits(max_connections=None), timeout=600)

    async def one():
        with Ear() as ear:
            async with client.stream("GET", base + "/events", headers=headers) as answer:
                async for text in answer.aiter_text():
                    ear.heard(text)
    return one


async def by_openai():
    import httpx, openai
    client = openai.AsyncOpenAI(base_url=base + "/v1", api_key="none", max_retries=0, http_client=httpx.AsyncClient(
        limits=httpx.Limits(max_connections=None), timeout=600))

    async def one():
        stream = await client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": "x"}], stream=True, extra_headers=headers)
        with Ear() as ear:
            async for event in stream:
                ear.heard(event.choices[0].delta.content or "")
    return one


async def by_anthropic():
    import anthropic
    # Its own client allows a thousand connections.
    client = anthropic.AsyncAnthropic(base_url=base, api_key="none", max_retries=0, timeout=600)

    async def one():
        stream = await client.messages.create(
            model="m", max_tokens=9, messages=[{"role": "user", "content": "x"}], stream=True, extra_headers=headers)
        with Ear() as ear:
            async for event in stream:
                ear.heard(event.delta.text if event.type == "content_block_delta" else "")
    return one


def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4


def part(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else 0


async def main():
    wanted = dict(headers)
    one = await {"httpx": by_httpx, "openai": by_openai, "anthropic": by_anthropic}[kind]()
    # Modules are loaded and the client is made.
    headers.update({"x-count": "3", "x-pause": "0"})
    await one()
    headers.update(wanted)
    for values in (late, first, gaps):
        values.clear()
    before = peak = resident()
    cpu, start = time.process_time(), time.monotonic()

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
    print(json.dumps({
        "client": kind, "streams": streams, "finished": streams - len(errors), "errors": len(errors), "tokens": len(late),
        "seconds": round(seconds, 3), "cpu_seconds": round(cpu, 3), "kb_per_stream": round((peak - before) / streams, 1),
        "late_us_p50": part(late, 0.5), "late_us_p99": part(late, 0.99), "first_us_p50": part(first, 0.5),
        "first_us_p99": part(first, 0.99), "longest_gap_us": max(gaps, default=0) - pause}))
    if errors:
        print(errors[0], file=sys.stderr)


asyncio.run(main())
