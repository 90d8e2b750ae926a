"""A provider of models for tests, on Anthropic's wire: python3 model_server.py PORT_FILE LOG_FILE

What it answers is said by the first words of a conversation: "RUN line" has bash run the line and then says what it heard,
"REFUSE" refuses with the key in its words, anything else is answered in words. Requests are logged with their times."""
import json, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

port_file, log_file = sys.argv[1:3]
lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def send(self, status, kind, body, headers=()):
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        key = self.headers.get("x-api-key") or self.headers.get("authorization", "")
        with lock, open(log_file, "a") as log:
            log.write(f"{time.time():.6f} {key}\n")
        texts = [part["text"] for part in self.parts(request["messages"][0]) if part["type"] == "text"]
        first, turn = texts[0], sum(message["role"] == "assistant" for message in request["messages"])
        if first.startswith("REFUSE"):
            error = {"type": "error", "error": {"type": "invalid_request_error", "message": f"the key {key} is nothing"}}
            return self.send(400, "application/json", json.dumps(error).encode())
        if first.startswith("RUN ") and turn == 0:
            block = {"type": "tool_use", "id": "t1", "name": "bash", "input": {}}
            return self.stream(block, {"type": "input_json_delta", "partial_json": json.dumps({"command": first[4:]})}, "tool_use")
        self.stream({"type": "text", "text": ""}, {"type": "text_delta", "text": "an answer"}, "end_turn")

    def parts(self, message):
        content = message["content"]
        return [{"type": "text", "text": content}] if isinstance(content, str) else content

    def stream(self, block, delta, reason):
        usage = {"input_tokens": 100, "output_tokens": 5}
        message = {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [], "usage": usage}
        events = [
            {"type": "message_start", "message": message},
            {"type": "content_block_start", "index": 0, "content_block": block},
            {"type": "content_block_delta", "index": 0, "delta": delta},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 5}},
            {"type": "message_stop"},
        ]
        body = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
        self.send(200, "text/event-stream", body.encode())


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
with open(port_file + ".new", "w") as file:
    file.write(str(server.server_address[1]))
import os
os.rename(port_file + ".new", port_file)
server.serve_forever()
