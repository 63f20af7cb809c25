"""The original framework's commands, word for word, in a fresh copy of the repository."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = ("pyproject.toml", "conftest.py", "test_model_inference.py", "test_model_inference_v2.py")


@pytest.fixture
def checkout(tmp_path):
    """A bare checkout: nothing installed, nothing on the path."""
    folder = tmp_path / "gatewayz"
    folder.mkdir()
    for name in FILES:
        shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture
def python(checkout):
    """Runs `python ARGS...` in the checkout."""

    def run(*arguments, **env):
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=checkout,
            env={**os.environ, **env},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture
def backend(checkout, simulator):
    """`python -m uvicorn src.main:app`, with the simulator behind it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    child = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "src.main:app", "--port", str(port)],
        cwd=checkout,
        env={**os.environ, **simulator.variables(), "GATEWAYZ_API_KEY": "gw-for-the-front-doors"},
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                urllib.request.urlopen(f"{address}/health", timeout=1).close()
                break
            except OSError:
                assert child.poll() is None, "the backend ended"
                assert time.monotonic() < deadline, "the backend does not answer"
                time.sleep(0.05)
        yield {"GATEWAYZ_API_URL": address, "GATEWAYZ_API_KEY": "gw-for-the-front-doors"}
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(timeout=20)


def edit(checkout, name, old, new):
    path = checkout / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_direct(python, simulator):
    done = python("test_model_inference.py", **simulator.variables())

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Testing Gateway: OPENROUTER\n" in done.stdout
    assert "TOTAL: 42/42 models passed (100.0%)" in done.stdout


def test_through_the_api(python, backend):
    done = python("test_model_inference_v2.py", **backend)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "TOTAL: 42/42 models passed (100.0%)" in done.stdout


def test_through_the_api_under_pytest(python, backend):
    done = python("-m", "pytest", "test_model_inference_v2.py", "-v", **backend)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "::test_model_answers[groq-llama-3.3-70b-versatile-chat] PASSED" in done.stdout
    assert re.search(r"42 passed, 1 skipped", done.stdout)


def test_direct_under_pytest(python, simulator):
    done = python("-m", "pytest", "test_model_inference.py", "-k", "groq", **simulator.variables())

    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


def test_the_models_of_one_gateway_by_curl(backend):
    request = urllib.request.Request(
        f"{backend['GATEWAYZ_API_URL']}/models?gateway=openrouter",
        headers={"Authorization": f"Bearer {backend['GATEWAYZ_API_KEY']}"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert b"openai/gpt-oss-120b" in answer.read()


def test_without_a_backend_the_second_script_says_how_to_start_one(python):
    done = python("test_model_inference_v2.py", GATEWAYZ_API_URL="http://127.0.0.1:1")
    tests = python(
        "-m", "pytest", "test_model_inference_v2.py", "-q", GATEWAYZ_API_URL="http://127.0.0.1:1"
    )

    assert done.returncode == 3
    assert "python -m uvicorn src.main:app" in done.stderr
    assert tests.returncode == 1
    assert "14 failed, 1 skipped" in tests.stdout
    assert "API is unreachable" in tests.stdout


def test_the_dicts_at_the_top_are_edited_in_place(python, checkout, simulator):
    name = "test_model_inference.py"
    edit(checkout, name, '"max_models_per_gateway": 3', '"max_models_per_gateway": 1')
    edit(
        checkout,
        name,
        "GATEWAY_INFO = {**known_gateways()}",
        "GATEWAY_INFO = {\n"
        "    'groq': {'testable': True, 'description': 'Groq'},\n"
        "    'xai': {'testable': False, 'description': 'closed for repairs'},\n"
        "}",
    )
    done = python(name, **simulator.variables())

    assert done.returncode == 0, done.stdout + done.stderr
    assert "TOTAL: 1/1 models passed (100.0%), 1 gateway skipped" in done.stdout
    assert re.search(r"\[SKIP\] xai +: closed for repairs", done.stdout)
    assert "openrouter" not in done.stdout


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"max_tokens"', '"max_token"', "did you mean 'max_tokens'"),
        ("{**known_gateways()}", "{'gorq': {'testable': True}}", "did you mean 'groq'"),
        ("{**known_gateways()}", "{'groq': {'testabel': True}}", "did you mean 'testable'"),
        ("{**known_gateways()}", "['groq']", "GATEWAY_INFO is a list; write a dict"),
        ("{**known_gateways()}", "{3: {'testable': True}}", "GATEWAY_INFO: 3 is no name"),
        ("TEST_CONFIG = {", "TEST_CONFIG = None\nUNUSED = {", "TEST_CONFIG is a NoneType"),
        ("50,", "0,", "TEST_CONFIG max_tokens: 0 is not"),
    ],
)
def test_what_cannot_be_used_is_one_line_that_helps(python, checkout, old, new, words):
    edit(checkout, "test_model_inference.py", old, new)
    done = python("test_model_inference.py")
    tests = python("-m", "pytest", "test_model_inference.py", "-q")

    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert words in tests.stdout
    assert "Traceback" not in tests.stdout


def test_a_dropped_client_file_is_known_to_both_scripts_and_the_backend(
    python, checkout, simulator
):
    services = checkout / "src" / "services"
    services.mkdir(exist_ok=True)
    (services / "acme_client.py").write_text(
        "def fetch_models_from_acme():\n"
        "    return ['acme-1']\n\n\n"
        "def make_acme_request_openai(messages, model, **options):\n"
        "    return {'choices': [{'message': {'role': 'assistant', 'content': 'Test successful'},\n"
        "                         'finish_reason': 'stop'}], 'model': model,\n"
        "            'usage': {'prompt_tokens': 1, 'completion_tokens': 2, 'total_tokens': 3}}\n"
    )
    (services / "broken_client.py").write_text("import nothing_of_that_name\n")
    direct = python("test_model_inference.py", **simulator.variables())
    named = python("test_model_inference.py", "acme")

    assert direct.returncode == 0, direct.stdout + direct.stderr
    assert "TOTAL: 43/43 models passed" in direct.stdout
    assert direct.stderr.count("\n") == 1
    assert "broken_client.py" in direct.stderr
    assert "TOTAL: 1/1 models passed" in named.stdout


def test_an_address_that_cannot_be_used_is_one_line(python):
    done = python("test_model_inference.py", GROQ_BASE_URL="nonsense")

    assert done.returncode == 2
    assert done.stderr.startswith("gatewayz: GROQ_BASE_URL")
    assert done.stderr.count("\n") == 1


def test_addresses_and_keys_may_stand_in_dotenv(python, checkout, simulator):
    lines = [f"{n}={v}\n" for n, v in simulator.variables().items() if n.startswith("GROQ_")]
    (checkout / ".env").write_text("".join(lines))
    (checkout / ".env").chmod(0o600)
    done = python("test_model_inference.py")

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\[OK\] groq +:  3/ 3 passed", done.stdout)
