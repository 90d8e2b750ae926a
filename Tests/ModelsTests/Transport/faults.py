"""A server that answers wrongly in all the ways that servers do, one a path; and rightly in some.

Prints one line of JSON with its ports (`port`, `other`: the same, as another origin; `full`: nobody takes connections there;
with `--tls=FOLDER` also `tls`, with a certificate of its own that is written to FOLDER/certificate.pem), and ends when its
standard input does, with `--stay` when it is told to. Standard library only, and openssl for the certificate.
"""
import asyncio, gzip, json, os, socket, ssl, struct, subprocess, sys
from urllib.parse import parse_qs, urlsplit

EVENTS = "Content-Type: text/event-stream\r\n"
BOMB = gzip.compress(bytes(16 << 20))
stats = {"connections": 0, "open": 0, "requests": 0, "seen": []}


class Client:
    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def send(self, data):
        self.writer.write(data if isinstance(data, bytes) else data.encode())
        await self.writer.drain()

    async def chunk(self, data):
        data = data if isinstance(data, bytes) else data.encode()
        await self.send(b"%x\r\n%s\r\n" % (len(data), data))

    async def head(self, status=200, fields="", chunked=True):
        encoding = "Transfer-Encoding: chunked\r\n" if chunked else ""
        await self.send(f"HTTP/1.1 {status} Whatever\r\n{fields}{encoding}\r\n")

    async def whole(self, body=b"", status=200, fields=""):
        body = body if isinstance(body, bytes) else body.encode()
        await self.send(f"HTTP/1.1 {status} Whatever\r\n{fields}Content-Length: {len(body)}\r\n\r\n".encode() + body)

    async def gone(self):
        """Until the other side has closed."""
        while await self.reader.read(65536):
            pass

    def reset(self):
        linger = struct.pack("ii", 1, 0)
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()


async def forever(client, data, pause):
    while not client.reader.at_eof():
        await client.chunk(data)
        await asyncio.sleep(pause)


async def answer(client, path, query, method, fields, body):
    """True if the connection stays."""
    number = lambda name, default: float(query.get(name, [default])[0])
    if path == "/echo":
        seen = {"method": method, "path": path, "query": query, "headers": fields, "body": body.decode("latin-1")}
        await client.whole(json.dumps(seen), fields="Content-Type: application/json\r\nX-Two: a\r\nx-two: b\r\n")
    elif path == "/stats":
        await client.whole(json.dumps(stats))
    elif path == "/status":
        await client.whole("status", int(number("code", 200)), "Retry-After: 7\r\n")
    elif path == "/bytes":
        await client.head()
        left = int(number("count", 0))
        while left > 0:
            await client.chunk(b"x" * min(left, 65536))
            left -= 65536
        await client.send("0\r\n\r\n")
    elif path == "/events":
        # `count` events of the wire's usual size, `pause` seconds apart, each with the time it was sent at.
        await client.head(fields=EVENTS)
        for index in range(int(number("count", 3))):
            await client.chunk(f"data: {{\"index\":{index},\"at\":{asyncio.get_running_loop().time():.6f}}}\n\n")
            await asyncio.sleep(number("pause", 0))
        await client.chunk("data: [DONE]\n\n")
        await client.send("0\r\n\r\n")
    elif path == "/gzip":
        await client.whole(gzip.compress(b"hello " * 1000), fields="Content-Encoding: gzip\r\n")
    elif path == "/html":
        await client.whole("<html>sign in</html>", fields="Content-Type: text/html; charset=utf-8\r\n")
    elif path == "/redirect":
        to = query["to"][0]
        await client.whole("elsewhere", int(number("code", 302)), f"Location: {to}\r\n")
    elif path == "/interim":
        await client.send("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
        await client.whole("after it")
    # From here on: faults.
    elif path == "/silence":
        await client.gone()
    elif path == "/status_line":
        await client.send("HTTP/1.1 200 OK\r\n")
        await client.gone()
    elif path == "/head_drip":
        await client.send("HTTP/1.1 200 OK\r\n")
        while not client.reader.at_eof():
            await client.send("X-Name: value\r\n")
            await asyncio.sleep(0.05)
    elif path == "/head_only":
        await client.head(fields=EVENTS)
        await client.gone()
    elif path == "/one_event":
        await client.head(fields=EVENTS)
        await client.chunk("data: one\n\n")
        await client.gone()
    elif path == "/comments":
        await client.head(fields=EVENTS)
        await forever(client, ": ping\n\n", 0.05)
    elif path == "/drip":
        await client.head(fields=EVENTS)
        await forever(client, "x", 0.05)
    elif path == "/endless":
        await client.head(fields=EVENTS)
        await forever(client, "data: token token token\n\n" * 100, 0)
    elif path == "/reset":
        await client.head(fields=EVENTS)
        await client.chunk("data: one\n\n")
        await asyncio.sleep(0.05)
        client.reset()
    elif path == "/fin":
        await client.head(fields=EVENTS)
        await client.chunk("data: one\n\n")
        return False
    elif path == "/fin_short":
        await client.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")
        return False
    elif path == "/fin_plain":
        await client.send("HTTP/1.1 200 OK\r\nConnection: close\r\n" + EVENTS + "\r\ndata: one\n\n")
        return False
    elif path == "/fin_at_once":
        return False
    elif path == "/held_open":
        await client.head(fields=EVENTS)
        await client.chunk("data: one\n\ndata: [DONE]\n\n")
        await client.gone()
    elif path == "/overloaded":
        error = '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'
        await client.whole(error, 529, "Content-Type: application/json\r\nRetry-After: 3\r\n")
    elif path == "/bad_gzip":
        await client.whole(b"this is no gzip at all", fields="Content-Encoding: gzip\r\n")
    elif path == "/bad_chunks":
        await client.head()
        await client.send("zz\r\nnothing\r\n")
        await client.gone()
    elif path == "/no_http":
        await client.send("220 mail.example ESMTP\r\n")
        await client.gone()
    elif path == "/bomb":
        await client.whole(BOMB, fields="Content-Encoding: gzip\r\n")
    elif path == "/big_head":
        await client.send("HTTP/1.1 200 OK\r\n")
        for index in range(100000):
            await client.send(f"X-{index}: {'v' * 100}\r\n")
    else:
        await client.whole("nothing here", 404)
    return True


async def serve(reader, writer):
    stats["connections"] += 1
    stats["open"] += 1
    client = Client(reader, writer)
    try:
        while True:
            lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, target, _ = lines[0].split(" ", 2)
            fields = {}
            for line in lines[1:]:
                name, _, value = line.partition(":")
                if name:
                    fields[name.lower()] = value.strip()
            body = await reader.readexactly(int(fields.get("content-length", 0)))
            parts = urlsplit(target)
            stats["requests"] += 1
            if parts.path != "/stats":
                stats["seen"] = (stats["seen"] + [f"{method} {parts.path}"])[-20:]
            if not await answer(client, parts.path, parse_qs(parts.query), method, fields, body):
                break
    except (asyncio.IncompleteReadError, ConnectionError, asyncio.LimitOverrunError):
        pass
    finally:
        stats["open"] -= 1
        writer.close()


async def until_end_of_input():
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.read(1024):
        pass


async def main():
    listen = lambda **more: asyncio.start_server(serve, "127.0.0.1", 0, backlog=1024, **more)
    port = lambda server: server.sockets[0].getsockname()[1]
    first, second = await listen(), await listen()
    ports = {"port": port(first), "other": port(second)}
    for folder in [word[len("--tls="):] for word in sys.argv if word.startswith("--tls=")]:
        certificate, key = folder + "/certificate.pem", folder + "/key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                        "-keyout", key, "-out", certificate], check=True, stderr=subprocess.DEVNULL)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        secure = await listen(ssl=context)
        ports["tls"] = port(secure)
    # A queue for connections that is full: further ones are neither taken nor refused.
    full = socket.socket()
    full.bind(("127.0.0.1", 0))
    full.listen(0)
    waiting = [socket.socket() for _ in range(4)]
    for one in waiting:
        one.setblocking(False)
        one.connect_ex(full.getsockname())
    ports["full"] = full.getsockname()[1]
    print(json.dumps(ports), flush=True)
    if "--stay" in sys.argv:
        await asyncio.Event().wait()
    await until_end_of_input()
    os._exit(0)


asyncio.run(main())
