"""A model provider that streams as many tokens as it is told to, on both wires; for measuring clients.

    stream_server.py [PORT]        prints its port, ends with its standard input

POST /v1/messages (Anthropic) and POST /v1/chat/completions (OpenAI); GET /events streams the same plainly. How much and how
fast comes from the headers x-count (tokens), x-pause (seconds between them) and x-size (bytes of a token), or from the query.
Each token begins with the time at which it was sent, in microseconds of the system's monotonic clock: "123456789 xxxx".
"""
import asyncio, json, os, sys, time
from urllib.parse import parse_qsl, urlsplit


def anthropic(text):
    return ('event: content_block_delta\ndata: {"type":"content_block_delta","index":0,'
            '"delta":{"type":"text_delta","text":"%s"}}\n\n' % text)


def openai(text):
    return ('data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,'
            '"delta":{"content":"%s"},"finish_reason":null}]}\n\n' % text)


def plain(text):
    return "data: %s\n\n" % text


ANTHROPIC_START = (
    'event: message_start\ndata: {"type":"message_start","message":{"id":"m1","type":"message","role":"assistant","model":"m",'
    '"content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}}\n\n'
    'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n')
ANTHROPIC_END = (
    'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n'
    'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},'
    '"usage":{"output_tokens":9}}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n')
OPENAI_END = ('data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},'
              '"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n')
WIRES = {"/v1/messages": (ANTHROPIC_START, anthropic, ANTHROPIC_END), "/v1/chat/completions": ("", openai, OPENAI_END),
         "/events": ("", plain, "data: [DONE]\n\n")}


class Provider(asyncio.Protocol):
    def __init__(self):
        self.input, self.gone, self.free = b"", False, asyncio.Event()
        self.free.set()

    def connection_made(self, transport):
        self.transport = transport

    def connection_lost(self, error):
        self.gone = True
        self.free.set()

    def pause_writing(self):
        self.free.clear()

    def resume_writing(self):
        self.free.set()

    def data_received(self, data):
        self.input += data
        end = self.input.find(b"\r\n\r\n")
        if end < 0:
            return
        lines = self.input[:end].decode("latin-1").split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        size = end + 4 + int(fields.get("content-length", 0))
        if len(self.input) < size:
            return
        self.input = self.input[size:]
        parts = urlsplit(lines[0].split(" ")[1])
        asyncio.ensure_future(self.stream(parts.path, {**fields, **dict(parse_qsl(parts.query))}))

    def chunk(self, text):
        data = text.encode()
        self.transport.write(b"%x\r\n%s\r\n" % (len(data), data))

    async def stream(self, path, wanted):
        start, token, end = WIRES.get(path, WIRES["/events"])
        pad = "x" * max(0, int(wanted.get("x-size", 20)) - 17)
        pause = float(wanted.get("x-pause", 0))
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        if start:
            self.chunk(start)
        for _ in range(int(wanted.get("x-count", 100))):
            if not self.free.is_set():
                await self.free.wait()
            if self.gone:
                return
            self.chunk(token("%d %s" % (time.monotonic_ns() // 1000, pad)))
            if pause:
                await asyncio.sleep(pause)
        self.chunk(end)
        self.transport.write(b"0\r\n\r\n")


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Provider, "127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    os._exit(0)


asyncio.run(main())
