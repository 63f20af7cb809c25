"""A provider whose every field is an attack, seen through the whole program, both ways."""

import json
import re
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.etree import ElementTree as ET

import pytest
from tests.hostile import FORBIDDEN, STRINGS

from gatewayz.core.text import well_formed

TEXTS = list(STRINGS.values())
# What a header may hold at all, as some server would put it there.
RAW = re.compile(r"[\r\n\x00]")


class Hostile(BaseHTTPRequestHandler):
    """Answers, streams and refuses with the model's own id in every field."""

    def log_message(self, *_):
        pass

    def do_GET(self):
        rows = [
            {"id": text, "object": "model", "name": text, "owned_by": text, "description": text}
            for text in TEXTS
        ]
        self._send(200, {"object": "list", "data": rows})

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        text = asked["model"]
        if len(text) % 2:
            error = dict.fromkeys(("message", "type", "code", "param", "kind", "class"), text)
            self._send(400, {"error": error}, text)
        elif asked["stream"]:
            self._stream(text)
        else:
            self._send(200, self._answer(text, "message"), text)

    def _answer(self, text, part):
        call = {"id": text, "type": text, "function": {"name": text, "arguments": text}}
        said = {
            "role": text,
            "content": text,
            "reasoning": text,
            "refusal": text,
            "tool_calls": [call],
        }
        choice = {"index": 0, part: said, "finish_reason": text}
        return {
            "id": text, "model": text, "created": text, "system_fingerprint": text,
            "warning": text, "choices": [choice],
            "usage": {"prompt_tokens": text, "completion_tokens": text, "total_tokens": text},
        }  # fmt: skip

    def _stream(self, text):
        # One character an event, so that no sequence comes whole.
        events = [{"choices": [{"index": 0, "delta": {"content": c}}]} for c in text[:200]]
        events.append(self._answer(text, "delta"))
        data = "".join(f"event: {RAW.sub('', text)}\ndata: {json.dumps(e)}\n\n" for e in events)
        self._bytes(200, "text/event-stream", data.encode("utf-8", "replace"), text)

    def _send(self, status, document, text=""):
        self._bytes(status, "application/json", json.dumps(document).encode(), text)

    def _bytes(self, status, content_type, data, text):
        safe = RAW.sub("", text).encode("latin-1", "replace").decode("latin-1")
        self.send_response(status, safe)
        for name in ("x-request-id", "server", "x-ratelimit-limit-requests", "retry-after"):
            self.send_header(name, safe)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture(scope="module")
def provider():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hostile)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield {"LOCAL_BASE_URL": f"http://127.0.0.1:{server.server_port}/v1"}
    server.shutdown()
    server.server_close()
    thread.join()


REPORTS = {
    "json": "run.json",
    "junit": "run.xml",
    "markdown": "run.md",
    "terminal": "run.txt",
    "html": "run.html",
}


def forbidden(text):
    # A joiner may hold an emoji together.
    return re.findall(FORBIDDEN, text)


def test_nothing_of_it_is_obeyed_in_any_output(gatewayz, provider, tmp_path):
    reports = [f"--report={name}={file}" for name, file in REPORTS.items()]
    done = gatewayz("test", "local", "--models", "all", "--probe", "chat,streaming", "-v",
                    "--retries", "0", *reports, **provider)  # fmt: skip

    assert done.returncode == 1, done.stderr
    assert forbidden(done.stdout) == []
    assert forbidden(done.stderr) == []
    assert sum(line.startswith("TOTAL: ") for line in done.stdout.splitlines()) == 1
    for name in REPORTS:
        assert forbidden((tmp_path / REPORTS[name]).read_text("utf-8", "strict")) == []
    run = json.loads((tmp_path / "run.json").read_text("utf-8"))
    ids = {result["model"]["id"] for result in run["results"] if result["model"]}
    assert {well_formed(text) for text in TEXTS} >= ids
    assert len(ids) > len(TEXTS) * 0.8
    assert len(run["results"]) == len(ET.parse(tmp_path / "run.xml").findall(".//testcase"))
    # No file but those that were asked for, whatever an id looks like.
    assert {path.name for path in tmp_path.iterdir()} == set(REPORTS.values())


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("arguments", [["models", "local"], ["plan", "local"], ["history"]])
def test_lists_are_safe_to_show(gatewayz, provider, arguments, form):
    done = gatewayz(*arguments, "--format", form, **provider)

    assert forbidden(done.stdout + done.stderr) == []


@pytest.mark.parametrize("text", TEXTS, ids=list(STRINGS))
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_single_probe_is_safe_to_show(provider, text, form):
    from click.testing import CliRunner

    from gatewayz.cli.probe import command

    model = well_formed(text).replace("\\x00", "") or "x"
    arguments = [provider["LOCAL_BASE_URL"], "-m", model, "--format", form, "--retries", "0"]
    done = CliRunner().invoke(command, arguments, catch_exceptions=False)

    assert forbidden(done.stdout) == []


def test_a_run_and_its_rejudging_are_safe_to_show_as_json(gatewayz, provider):
    ran = gatewayz("test", "local", "--models", "all", "--probe", "chat", "--format", "json",
                   "--retries", "0", **provider)  # fmt: skip
    judged = gatewayz("rejudge", "last", "--format", "json")

    assert "\\u009b" in ran.stdout
    for done in (ran, judged):
        assert forbidden(done.stdout) == []
        assert json.loads(done.stdout)


def test_the_log_of_the_backend_is_one_line_for_each_request(started, gatewayz, provider):
    child = started("serve", "--port", "0", **provider)
    url = ""
    while not url:
        found = re.search(r"Serving on (\S+)", child.stderr.readline())
        url = found[1] if found else ""
    done = gatewayz("test", "local", "--models", "all", "--probe", "chat,streaming",
                    "--retries", "0", "--api", GATEWAYZ_API_URL=url)  # fmt: skip
    child.send_signal(signal.SIGTERM)
    _, log = child.communicate(timeout=20)

    # str.splitlines would also split at what a hostile text may hold.
    lines = [line for line in log.split("\n") if line]
    requests = [line for line in lines if " request id=" in line]
    posts = [line for line in requests if " method=POST " in line]
    assert forbidden(done.stdout) == []
    assert forbidden(log) == []
    assert len(posts) == len({re.search(r"id=(\S+)", line)[1] for line in posts})
    assert len(posts) > len(TEXTS)
    assert all(re.match(r"\d{4}-\d\d-\d\dT\S+Z request |\S+ ", line) for line in lines)
