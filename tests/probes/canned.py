"""A provider without a model: it gives one and the same answer to every question."""

import contextlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from gatewayz.core import Gateway

# As a text: what was sent.
ECHO = "<echo>"


@contextlib.contextmanager
def answering_all_with(text="", *, prompt_tokens=60, choices=1, calls=None, refusal=None, **end):
    """The gateway of such a provider, on a loopback socket, for as long as this is open.

    Its counts are the same in every answer, too. `refusal`, a status and a message, is what one that
    refuses everything says; `end` may hold its `finish_reason` and the tokens `said`.
    """

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            sent, status = self.rfile.read(int(self.headers["content-length"])), 200
            if refusal is not None:
                status, message = refusal
                data, kind = (
                    json.dumps({"error": {"message": message}}).encode(),
                    "application/json",
                )
            else:
                data, kind = _reply(json.loads(sent), text, prompt_tokens, choices, calls, **end)
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        address = f"http://127.0.0.1:{server.server_port}/v1"
        yield Gateway(name="canned", base_url=address, key_required=False)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _reply(body, text, prompt_tokens, choices, calls, *, finish_reason="", said=0):
    if text == ECHO:
        text = "\n".join(message["content"] for message in body["messages"])
    said = said or len(text) // 4 + 1
    usage = {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": said,
        "total_tokens": prompt_tokens + said,
    }
    head = {"id": "c", "created": int(time.time()), "model": body["model"]}
    message = {"role": "assistant", "content": text or None}
    if calls:
        message["tool_calls"] = calls
    finish = finish_reason or ("tool_calls" if calls else "stop")
    if not body.get("stream"):
        came = [{"index": n, "message": message, "finish_reason": finish} for n in range(choices)]
        whole = {**head, "object": "chat.completion", "choices": came, "usage": usage}
        return json.dumps(whole).encode(), "application/json"
    if calls:
        message["tool_calls"] = [{"index": n, **call} for n, call in enumerate(calls)]
    chunk = {**head, "object": "chat.completion.chunk"}
    came = [{"index": n, "delta": message, "finish_reason": None} for n in range(choices)]
    ends = [{"index": n, "delta": {}, "finish_reason": finish} for n in range(choices)]
    chunks = [
        {**chunk, "choices": came},
        {**chunk, "choices": ends},
        {**chunk, "choices": [], "usage": usage},
    ]
    events = [*map(json.dumps, chunks), "[DONE]"]
    return "".join(f"data: {event}\n\n" for event in events).encode(), "text/event-stream"
