"""A server of tools that misbehaves as its arguments say. Needs nothing but Python.

usage: hostile.py ERA [MISDEED...]   ERA: old (with a handshake), new (without), both
"""
import json, os, sys, time

era, misdeeds = sys.argv[1], sys.argv[2:]
out = sys.stdout.buffer


def raw(data):
    out.write(data)
    out.flush()


def send(message):
    raw(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")


def tool(name, description="Does something.", **more):
    return {"name": name, "description": description, "inputSchema": {"type": "object", "properties": {}}, **more}


TOOLS = [tool(n) for n in (
    "echo", "garbage", "huge", "die", "silent", "slow", "wrong_ids", "asks", "pictures", "fails", "error", "structured",
    "changes", "flood", "cancelled", "pid", "environment", "type", "hugesplit")]
if "escapes" in misdeeds:
    TOOLS.append(tool("esc\x1b[2Jape", "evil \x1b]0;title\x07 \u202e words\nsecond line " + "x" * 5000))
    TOOLS += [tool("a.b"), tool("a b"), tool("a.b"), tool("n" * 100), tool("n" * 99 + "m"), tool(""), tool("q" * 200)]
    TOOLS.append(tool("big", inputSchema={"type": "object", "description": "y" * 70000}))
    TOOLS.append({"name": "bare"})
    TOOLS.append({"name": "list", "inputSchema": [1]})
if "many" in misdeeds:
    TOOLS += [tool("t%05d" % n) for n in range(10000)]
cancelled = []
listen = None


def text(id, words, **more):
    send({"id": id, "result": {"content": [{"type": "text", "text": words}], "resultType": "complete", **more}})


def call(id, params):
    global TOOLS
    name, arguments = params["name"], params.get("arguments", {})
    token = params.get("_meta", {}).get("progressToken")
    if name == "echo": text(id, json.dumps(arguments))
    elif name == "garbage":
        raw(b"Listening on port 8080\n\xff\xfe\x00\x1b[2J\n{\"jsonrpc\":\"2.0\"}\n[1,2]\n\n{}\nnull\n" + b"[" * 5000 + b"\n")
        raw(b'{"jsonrpc":"1.0","id":%d,"result":{}}\n' % id)
        text(id, "after the garbage")
    elif name == "huge":
        raw(b'{"jsonrpc":"2.0","id":%d,"result":{"content":[{"type":"text","text":"' % id)
        for _ in range(20): raw(b"x" * (1 << 20))
        raw(b'"}]}}\n')
    elif name == "die":
        sys.stderr.write("first words\nfatal: out of \x1b[31mcheese\n")
        sys.stderr.flush()
        os._exit(3)
    elif name == "silent": pass
    elif name == "slow":
        for step in range(arguments.get("steps", 3)):
            send({"method": "notifications/progress", "params": {
                "progressToken": token, "progress": step + 1, "total": 3, "message": "step\x1b[2J %d" % (step + 1)}})
            time.sleep(arguments.get("pause", 200) / 1000)
        text(id, "done")
    elif name == "wrong_ids":
        for other in (str(id), id + 1000, None, -1, [id], {"a": 1}, 1.5): text(other, "wrong")
        text(id, "right")
        text(id, "twice")
    elif name == "asks":
        for n, method in enumerate(("ping", "roots/list", "sampling/createMessage", "elicitation/create")):
            send({"id": "s%d" % n, "method": method, "params": {}})
        answers = []
        for _ in range(4): answers.append(json.loads(sys.stdin.readline()))
        text(id, json.dumps(answers))
    elif name == "pictures":
        content = [
            {"type": "text", "text": "one"}, {"type": "image", "data": "iVBORw0KGgo=", "mimeType": "image/png"},
            {"type": "image", "data": "!!", "mimeType": "image/png"}, {"type": "image", "data": "AAAA", "mimeType": "image/tiff"},
            {"type": "audio", "data": "AAAA", "mimeType": "audio/wav"},
            {"type": "resource", "resource": {"uri": "file:///a.txt", "text": "inside"}},
            {"type": "resource", "resource": {"uri": "file:///b.bin", "blob": "AAAA", "mimeType": "application/x"}},
            {"type": "resource_link", "uri": "file:///c", "name": "c", "description": "the third"}, {"type": "hologram"}, 7]
        send({"id": id, "result": {"content": content, "structuredContent": {"a": 1}}})
    elif name == "fails": text(id, "it did not work", isError=True)
    elif name == "error": send({"id": id, "error": {"code": -32602, "message": "bad \x1b[2Jarguments"}})
    elif name == "structured": send({"id": id, "result": {"structuredContent": {"b": [1, 2.50]}, "content": []}})
    elif name == "changes":
        TOOLS = TOOLS[:3] + [tool("fresh")]
        send({"method": "notifications/tools/list_changed"})
        text(id, "changed")
    elif name == "flood":
        for _ in range(5000): raw(b"garbage\n")
        time.sleep(60)
    elif name == "cancelled": text(id, json.dumps(cancelled))
    elif name == "pid": text(id, str(os.getpid()))
    elif name == "environment": text(id, json.dumps(dict(os.environ)))
    elif name == "type": send({"id": id, "result": {"resultType": "task", "taskId": "x", "status": "working"}})
    else: send({"id": id, "error": {"code": -32602, "message": "unknown tool"}})


def tools(id, params):
    if "pages" in misdeeds:
        at = int(params.get("cursor", "0"))
        send({"id": id, "result": {"tools": TOOLS[at:at + 5], "nextCursor": str(at + 5), "resultType": "complete"}})
    elif "endless" in misdeeds: send({"id": id, "result": {"tools": TOOLS[:2], "nextCursor": "again"}})
    else: send({"id": id, "result": {"tools": TOOLS, "resultType": "complete", "ttlMs": 0, "cacheScope": "private"}})


def main():
    if "mute" in misdeeds: time.sleep(60)
    if "stillborn" in misdeeds:
        sys.stderr.write("cannot open the cheese\n")
        sys.exit(1)
    if "late" in misdeeds: time.sleep(1)
    for line in iter(sys.stdin.readline, ""):
        message = json.loads(line)
        id, method, params = message.get("id"), message.get("method"), message.get("params", {})
        if method == "notifications/cancelled": cancelled.append(params.get("requestId"))
        if id is None or method is None: continue
        if method == "server/discover":
            if "dies_of_discover" in misdeeds: os._exit(9)
            if "ignores_discover" in misdeeds: continue
            if "other_version" in misdeeds:
                send({"id": id, "error": {"code": -32022, "message": "no", "data": {"supported": ["2031-01-01"]}}})
            elif era == "old": send({"id": id, "error": {"code": -32601, "message": "Method not found"}})
            else: send({"id": id, "result": {
                "resultType": "complete", "supportedVersions": ["2026-07-28"], "capabilities": {"tools": {"listChanged": True}}}})
        elif method == "initialize":
            if era == "new": send({"id": id, "error": {"code": -32601, "message": "Method not found"}})
            else:
                version = "1999-01-01" if "ancient" in misdeeds else "2024-11-05"
                send({"id": id, "result": {"protocolVersion": version, "capabilities": {"tools": {}},
                                           "serverInfo": {"name": "hostile", "version": "0"}}})
        elif method == "subscriptions/listen": pass
        elif method == "tools/list": tools(id, params)
        elif method == "tools/call": call(id, params)
        else: send({"id": id, "error": {"code": -32601, "message": "Method not found"}})
    if "clings" in misdeeds:
        import signal
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(120)


main()
