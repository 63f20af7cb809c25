"""A key that a provider sends back is nowhere: not in a printout, a report, a store, a log."""

import base64
import json
import re
import signal
import threading
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.secrets.conftest import Watch, canary, forms_of, found_in

from gatewayz import simulator
from gatewayz.gateways import known_gateways
from gatewayz.simulator.dialect import DIALECTS

ROOT = Path(__file__).resolve().parents[2]
# Several programs each, on a machine that may have other things to do.
pytestmark = pytest.mark.timeout(240)

ECHOES = ("echo-key-in-message", "echo-key-in-headers", "echo-key-in-page", "echo-key-in-answer")
REPORTS = {
    "json": "run.json",
    "junit": "run.xml",
    "markdown": "run.md",
    "terminal": "run.txt",
    "html": "run.html",
}


# In the order of the rules below: those whose fault is an error, not an answer.
PLACES = sorted(DIALECTS[file].name for file in DIALECTS)
REFUSING = [
    name
    for number, name in enumerate(PLACES)
    if number % len(ECHOES) < 3 and name in known_gateways()
]


@pytest.fixture
def echoing(keys):
    """A simulator in which each provider sends the caller's key back, each in another way."""
    rules = [
        {"gateway": place, "fault": ECHOES[number % len(ECHOES)]}
        for number, place in enumerate(PLACES)
    ]
    rules += [
        {"gateway": place, "path": "models", "fault": "echo-key-in-list"}
        for number, place in enumerate(PLACES)
        if number % 4 == 3
    ]
    rules.append({"gateway": "xai", "path": "models", "fault": "echo-key-in-message"})
    with simulator.running(faults=rules) as pretending:
        yield pretending


FORMS = sorted(form.decode() for form in forms_of(canary("local")))


class InEveryForm(BaseHTTPRequestHandler):
    """Lists a model for each form of the canary, and speaks in that form wherever it speaks."""

    def log_message(self, *_):
        pass

    def do_GET(self):
        rows = [{"id": f"{way}-{n}"} for n in range(len(FORMS)) for way in ("bad", "good")]
        self._send(200, {"data": rows})

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        way, _, number = asked["model"].partition("-")
        form = FORMS[int(number)]
        if way == "bad":
            said = f"Something odd stands here: <{form}> end"
            self._send(422, {"error": {"message": said, "type": form, "code": form}}, form)
        else:
            message = {"role": "assistant", "content": f"<{form}> ok", "reasoning": form}
            self._send(200, {"choices": [{"index": 0, "message": message}]}, form)

    def _send(self, status, document, text=""):
        # As a program that escapes what it need not would write it, and as JSON usually is.
        data = json.dumps(document).replace("<", "\\u003c").encode()
        self.send_response(status)
        for name in ("x-request-id", "x-ratelimit-reset"):
            self.send_header(name, re.sub(r"[^ -~]", "", text))
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def in_every_form():
    with ThreadingHTTPServer(("127.0.0.1", 0), InEveryForm) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}/v1"
        yield {"LOCAL_BASE_URL": address, "LOCAL_API_KEY": canary("local")}
        server.shutdown()
        thread.join()


def told(child, timeout=120):
    """Both streams of a program that ends by itself."""
    out, err = child.communicate(timeout=timeout)
    return out + err


def test_the_search_finds_a_key_in_each_of_its_forms():
    key = canary("groq")

    for form in forms_of(key):
        assert found_in(b"before " + form + b" after", {"groq": key}), form
    for before in (b"", b"a", b"ab"):
        assert found_in(base64.b64encode(before + key.encode() + b"cd"), {"groq": key})
    assert not found_in(b"c4n/openrouter+ and c4n/ and nR1", {"groq": key})


def test_no_verbosity_report_or_store_holds_a_key(echoing, program, keys, watch):
    reports = [f"--report={name}={file}" for name, file in REPORTS.items()]
    common = ("--probe", "chat,streaming", "--models", "2", "--retries", "0", *reports)
    with watch:
        loud = told(program("test", "-v", *common, **echoing.variables()))
        quiet = told(program("test", "-q", *common, **echoing.variables()))
        again = told(program("test", "--failed", "--format", "json", **echoing.variables()))
        judged = told(program("rejudge", "last", "--save", "--format", "json"))
        listed = told(program("models", **echoing.variables()))
        shown = told(program("show", "--verbose"))
        past = told(program("history", "*"))
        compared = told(program("compare", "--against", "last-good", "--format", "json"))
        exported = told(program("export", "--all", "-o", "-"))
        told(program("export", "--all", "-o", "runs.csv"))

    sent = {line.fault for line in echoing.log}
    assert sent >= {*ECHOES, "echo-key-in-list"}
    assert b"***" in loud
    for text in (loud, quiet, again, judged, listed, shown, past, compared, exported):
        assert text
        assert found_in(text, keys) == []
    assert watch.files >= {*REPORTS.values(), "runs.csv"}
    assert any(name.endswith((".db", ".db-wal")) for name in watch.files)
    assert watch.processes
    assert watch.seen == {}


def test_the_backend_hands_no_key_on_and_logs_none(echoing, program, keys, watch):
    own = {"GATEWAYZ_API_KEY": keys["backend"]}
    with watch:
        backend = program("serve", "--port", "0", **echoing.variables(), **own)
        lines = []
        while not (found := re.search(rb"Serving on (\S+)", b"".join(lines))):
            lines.append(backend.stderr.readline())
            assert lines[-1], lines
        there = {"GATEWAYZ_API_URL": found[1].decode(), **own}
        common = ("-v", "--models", "1", "--probe", "chat,streaming", "--retries", "0")
        # What a model says is passed on as it is, so whoever only knows the backend's key may be
        # told another one by a model; errors, headers and lists are the backend's own to clean.
        stranger = told(program("test", *REFUSING, *common, "--report=json=api.json", **there))
        both = told(program("test", "--both", *common, "--report=json=both.json",
                            **there, **echoing.variables()))  # fmt: skip
        refused = told(program("test", "groq", **{**there, "GATEWAYZ_API_KEY": canary("nobody")}))
        backend.send_signal(signal.SIGTERM)
        log = b"".join(lines) + told(backend)

    assert {line.fault for line in echoing.log} >= set(ECHOES)
    assert b"status=401" in log
    for text in (stranger, both, refused, log):
        assert found_in(text, {**keys, "nobody": canary("nobody")}) == []
    assert watch.seen == {}


def test_pytest_shows_no_key_even_with_its_locals(echoing, program, keys, watch):
    here = {name: value for name, value in echoing.variables().items() if "GROQ" in name}
    with watch:
        shown = told(
            program(ROOT / "test_model_inference.py", "-v", "-l", "-p", "no:cacheprovider",
                    f"--rootdir={ROOT}", "--junitxml=pytest.xml", "-k", "groq",
                    module="pytest", **here)
        )  # fmt: skip

    assert b"FAILED" in shown
    assert found_in(shown, keys) == []
    assert "pytest.xml" in watch.files
    assert watch.seen == {}


def test_a_key_in_the_users_own_question_goes_out_and_is_kept_nowhere(keys, program, watch):
    options = [f"--report={name}={file}" for name, file in REPORTS.items()]
    with simulator.running() as pretending, watch:
        here = {n: v for n, v in pretending.variables().items() if "GROQ" in n}
        shown = told(
            program("test", "groq", "--models", "fault/server-500-json,*llama*", "--verbose",
                    "--retries", "0", "--probe", "chat,streaming", *options,
                    GATEWAYZ_MESSAGE=f"say {keys['groq']} twice", **here)
        )  # fmt: skip

    assert b"say ***" in shown
    assert found_in(shown, keys) == []
    assert watch.seen == {}


@pytest.mark.parametrize("fault", ECHOES)
def test_a_single_probe_shows_no_key(keys, program, fault):
    with simulator.running() as pretending:
        url = pretending.variables()["GROQ_BASE_URL"]
        for form in ("text", "json"):
            shown = told(
                program("probe", url, "-m", f"fault/{fault}", "--format", form, "--retries", "0",
                        "--probe", "chat,streaming", OPENAI_API_KEY=keys["groq"])
            )  # fmt: skip

            assert b"groq" in shown
            assert found_in(shown, keys) == []
        assert {line.key for line in pretending.log} == {"right"}


def test_whatever_form_a_provider_writes_a_key_in_none_is_kept(in_every_form, program):
    reports = [f"--report={name}={file}" for name, file in REPORTS.items()]
    keys = {"local": canary("local")}
    with Watch(program.folders, keys) as watch:
        shown = told(program("test", "local", "--models", "all", "--probe", "chat", "-v",
                             "--retries", "0", *reports, **in_every_form))  # fmt: skip
        judged = told(program("rejudge", "last", "--format", "json"))

    report = (program.folders[0] / REPORTS["json"]).read_text("utf-8")
    assert report.count("<***> end") >= len(FORMS)
    assert report.count("<***> ok") >= len(FORMS)
    assert found_in(shown + judged, keys) == []
    assert watch.files >= {*REPORTS.values()}
    assert watch.seen == {}


def test_whatever_form_a_key_has_in_an_error_the_backend_hands_none_on(in_every_form, program):
    backend = program("serve", "--port", "0", **in_every_form)
    lines = []
    while not (found := re.search(rb"Serving on http://(\S+)", b"".join(lines))):
        lines.append(backend.stderr.readline())
        assert lines[-1], lines
    answers = b""
    for number in range(len(FORMS)):
        door = HTTPConnection(found[1].decode(), timeout=20)
        body = {"provider": "local", "model": f"bad-{number}", "messages": []}
        door.request("POST", "/v1/chat/completions", json.dumps(body))
        answer = door.getresponse()
        answers += str(answer.headers).encode() + answer.read()
        door.close()
    backend.send_signal(signal.SIGTERM)
    log = b"".join(lines) + told(backend)

    keys = {"local": canary("local")}
    assert answers.count(b"***") >= len(FORMS)
    assert found_in(answers.replace(b"\\\\", b"\\") + answers + log, keys) == []


@pytest.mark.parametrize("command", ["models", "plan", "config", "history"])
def test_commands_that_list_show_no_key(echoing, program, keys, command):
    shown = told(program(command, **echoing.variables()))

    assert shown
    assert found_in(shown, keys) == []


def test_a_key_is_no_argument(program):
    done = program("test", "groq", "--key", "sk-something")
    _, told = done.communicate(timeout=30)

    assert done.returncode == 2
    assert b"No such option" in told
