"""The backend as `gatewayz serve` runs it, in front of pretend providers, and Schemathesis before it.

`make fuzz` installs Schemathesis in an environment of its own and says how long and by which seed;
where it is not installed the tests are skipped with the reason, and with CI=true they fail.
"""

import json
import os
import random
import re
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from gatewayz.simulator import Simulator, all_faults, running

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PROGRAM = ROOT / ".peers" / "fuzz" / "bin" / "schemathesis"
OWN_KEY = "gw-the-own-key-of-the-backend-0123456789"
CHAT = "/v1/chat/completions"
OTHERS = ("/v1/completions", "/v1/embeddings", "/v1/responses")
PROVIDERS = ("GROQ_", "GEMINI_", "OPENROUTER_")
# A provider that stays silent costs a case this long.
PATIENCE_S = "0.5"
SHORT_MINUTES = 1.0


def pytest_collection_modifyitems(items):
    """Every test in this folder needs Schemathesis, and as long as it is told to take."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.fuzz)
            item.add_marker(pytest.mark.timeout(60 * minutes() + 180))


def minutes():
    """How long to attack."""
    return float(os.environ.get("FUZZ_MINUTES") or SHORT_MINUTES)


def pytest_report_header():
    """The seed, so that a run can be had again."""
    return f"fuzz: {minutes():g} minutes, SEED={SEED}"


SEED = int(os.environ.get("FUZZ_SEED") or random.SystemRandom().randrange(10**6))


def not_here(reason):
    """Skip for want of the fuzzer, unless this is where it must not be wanting."""
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


class _Anything(BaseHTTPRequestHandler):
    """A provider that has every route, and answers each with what it was asked."""

    protocol_version = "HTTP/1.1"
    seen: list

    def do_GET(self):
        """Its list."""
        self._answer({"object": "list", "data": [{"id": "anything"}]})

    def do_POST(self):
        """Whatever it is."""
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.seen.append((self.path, dict(self.headers)))
        usage = {"prompt_tokens": 1, "total_tokens": 1}
        self._answer({"object": "answer", "asked": asked, "usage": usage})

    def _answer(self, document):
        data = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        """Nothing."""


@contextmanager
def _anything():
    """Its base URL, and the paths and headers that it saw."""
    seen = []
    handler = type("Handler", (_Anything,), {"seen": seen})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1", seen
        server.shutdown()


@dataclass
class Attacked:
    """A running backend: where it is, its log, what its providers saw, whose keys it holds."""

    url: str
    log: Path
    simulator: Simulator
    seen: list
    secrets: list = field(repr=False)

    @property
    def models(self):
        """What to ask for: half of the chats at a sound model, the others at each fault in turn."""
        faulty = [f"groq/fault/{name}" for name in all_faults()]
        return {
            CHAT: ["groq/llama-3.3-70b-versatile"] * len(faulty) + faulty,
            **{path: ["local/anything"] for path in OTHERS},
        }

    def attack(self, *arguments, document=None):
        """What Schemathesis says of it, by the document that it serves or another one."""
        command = [str(PROGRAM), "--config-file", str(HERE / "schemathesis.toml"), "run"]
        command += [str(document or f"{self.url}/openapi.json"), "--url", self.url]
        command += ["--header", f"Authorization: Bearer {OWN_KEY}", "--no-color"]
        return subprocess.run(
            [*command, "--seed", str(SEED), *arguments],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.log.parent),
                "PYTHONPATH": os.pathsep.join([str(HERE), os.environ["PYTHONPATH"]]),
                "SCHEMATHESIS_HOOKS": "hooks",
                "FUZZ_MODELS": json.dumps(self.models),
                "FUZZ_SECRETS": json.dumps([*self.secrets, OWN_KEY]),
                "NO_PROXY": "127.0.0.1,localhost",
            },
            cwd=self.log.parent,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="session")
def attacked(tmp_path_factory):
    """The backend under attack; it must end in good order."""
    if not PROGRAM.exists():
        not_here("Schemathesis is not installed; run `make fuzz`")
    folder = tmp_path_factory.mktemp("fuzz")
    with ExitStack() as stack:
        simulator = stack.enter_context(running(seed=7, hang_s=3.0))
        anything, seen = stack.enter_context(_anything())
        # Three are as good as fourteen, and their lists are read in no time.
        variables = {
            name: value
            for name, value in simulator.variables().items()
            if name.startswith(PROVIDERS)
        }
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            **variables,
            "LOCAL_BASE_URL": anything,
            "GATEWAYZ_API_KEY": OWN_KEY,
            "GATEWAYZ_STORE": str(folder / "kept.db"),
            "GATEWAYZ_TIMEOUT": PATIENCE_S,
            "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), os.environ["PYTHONPATH"]]),
        }
        log = folder / "log"
        process = stack.enter_context(_serving(environ, log))
        secrets = [v for n, v in variables.items() if not n.endswith("_BASE_URL")]
        yield Attacked(_url(log), log, simulator, seen, secrets)
        process.terminate()
        assert process.wait(15) == 0


@contextmanager
def _serving(environ, log):
    with log.open("wb") as errors:
        command = [sys.executable, "-m", "gatewayz", "serve", "--port", "0"]
        process = subprocess.Popen(command, cwd=log.parent, env=environ, stderr=errors)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()


def _url(log):
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        if found := re.search(r"Serving on (\S+)", log.read_text(errors="replace")):
            return found[1]
        time.sleep(0.05)
    raise AssertionError(log.read_text(errors="replace"))
