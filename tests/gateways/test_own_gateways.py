"""GATEWAY_INFO, client files of one's own, and other base URLs."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

import gatewayz
from gatewayz.client import HttpClient
from gatewayz.core import ChatRequest, ConfigError, Gateway, Timeouts, UnknownName
from gatewayz.gateways import (
    ClientError,
    find_gateway,
    gateway_from,
    gateway_names,
    gateways_from,
    known_gateways,
)

# The examples of docs/adding-a-gateway.md; a test below compares the two.
FUNCTIONS = '''
"""Acme, whose answers are made here."""


def fetch_models_from_acme():
    return [{"id": "acme/small", "name": "Acme Small", "context_length": 4096}]


def make_acme_request_openai(messages, model, **kwargs):
    return {
        "id": "1",
        "object": "chat.completion",
        "model": model,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Test successful"},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7},
    }


def make_acme_request_openai_stream(messages, model, **kwargs):
    for text in ("Test ", "successful"):
        yield {"model": model, "choices": [{"index": 0, "delta": {"content": text}}]}
    yield {"model": model, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
'''

VALUE = '''
"""Bolt: https://api.bolt.example/docs (read 2026-10-01)."""

from gatewayz.core import Catalog, Gateway

GATEWAY = Gateway(
    name="bolt",
    title="Bolt",
    base_url="https://api.bolt.example/v1",
    key_env="BOLT_API_KEY",
    catalog=Catalog("/models"),
)
'''


@pytest.fixture
def drop(tmp_path):
    """Writes src/services/<name>_client.py under a working folder, and gives the folder."""

    def write(name, text):
        services = tmp_path / "src" / "services"
        services.mkdir(parents=True, exist_ok=True)
        (services / f"{name}_client.py").write_text(text)
        return tmp_path

    return write


def test_a_dropped_file_with_functions_is_a_gateway(drop):
    folder = drop("acme", FUNCTIONS)

    acme = find_gateway("acme", environ={}, folder=folder)

    assert acme.calls.list_models()[0]["id"] == "acme/small"
    answer = acme.calls.request([], "acme/small", max_tokens=5)
    assert answer["choices"][0]["message"]["content"] == "Test successful"
    assert len(list(acme.calls.stream([], "acme/small"))) == 3
    assert not acme.key_required


def test_a_dropped_file_is_asked_like_any_other_gateway(drop):
    acme = find_gateway("acme", environ={}, folder=drop("acme", FUNCTIONS))

    async def ask():
        client = HttpClient(keys=lambda _gateway: None, timeouts=Timeouts())
        try:
            listing = await client.list_models(acme)
            question = ({"role": "user", "content": "hi"},)
            plain = await client.attempt(acme, "acme/small", ChatRequest(messages=question))
            request = ChatRequest(messages=question, stream=True)
            streamed = await client.attempt(acme, "acme/small", request)
        finally:
            await client.aclose()
        return listing, plain, streamed

    listing, plain, streamed = asyncio.run(ask())

    assert [(m.id, m.name, m.context_tokens) for m in listing.models] == [
        ("acme/small", "Acme Small", 4096)
    ]
    assert (plain.reply.text, plain.reply.usage.output_tokens) == ("Test successful", 2)
    assert (streamed.reply.text, streamed.reply.finish_reason) == ("Test successful", "stop")


def test_a_dropped_file_may_hold_a_gateway_value(drop):
    folder = drop("bolt", VALUE)

    bolt = find_gateway("bolt", environ={"BOLT_BASE_URL": "http://127.0.0.1:1/v1"}, folder=folder)

    assert bolt.title == "Bolt"
    assert bolt.base_url == "http://127.0.0.1:1/v1"


def test_both_join_the_known_gateways(drop):
    drop("bolt", VALUE)
    folder = drop("acme", FUNCTIONS)

    known = known_gateways({}, folder)

    assert list(known)[-2:] == ["acme", "bolt"]
    assert gateway_names(folder)[-2:] == ("acme", "bolt")


def test_the_working_directory_is_where_clients_are_looked_for(drop, monkeypatch):
    monkeypatch.chdir(drop("acme", FUNCTIONS))

    assert find_gateway("acme").name == "acme"


def test_a_client_without_streaming_has_none(drop):
    folder = drop("acme", FUNCTIONS.split("def make_acme_request_openai_stream")[0])

    assert find_gateway("acme", folder=folder).calls.stream is None


def test_listing_names_imports_no_client_and_no_gateway(drop):
    folder = drop("loud", "raise SystemExit('imported')\n")
    code = (
        "import sys, pathlib; from gatewayz.gateways import gateway_names, find_gateway\n"
        f"assert 'loud' in gateway_names(pathlib.Path({str(folder)!r}))\n"
        f"find_gateway('groq', folder=pathlib.Path({str(folder)!r}))\n"
        "assert 'gatewayz.gateways.novita' not in sys.modules\n"
    )

    source = str(Path(gatewayz.__path__[0]).parent)
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": source},
    )

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("def broken(:\n", "SyntaxError: "),
        ("import no_such_module_at_all\n", "ModuleNotFoundError: No module named"),
        (
            "raise RuntimeError('first\\nsecond \\x1b[31m')\n",
            r"RuntimeError: first\\nsecond \\x1b\[31m",
        ),
        ("raise SystemExit(3)\n", "SystemExit: 3"),
        ("x = 1\n", r"no function fetch_models_from_acme\(\), and no GATEWAY"),
        ("def fetch_models_from_acme(): ...\n", r"no function make_acme_request_openai\(\)"),
        ("GATEWAY = 3\n", "GATEWAY is a int"),
        (VALUE, "GATEWAY is named 'bolt'; name it 'acme'"),
        ("\x00", "acme_client.py: "),
    ],
)
def test_a_broken_client_costs_one_line_and_its_own_gateway(drop, text, says):
    folder = drop("acme", text)

    with pytest.raises(ClientError, match=says) as error:
        find_gateway("acme", environ={}, folder=folder)
    known = known_gateways({}, folder)
    gateways, problems = gateways_from(known, environ={}, folder=folder)

    assert "\n" not in str(error.value)
    assert "acme_client.py" in str(error.value)
    assert not known["acme"].testable
    assert known["acme"].description == str(error.value)
    assert problems == (str(error.value),)
    assert len(gateways) == len(known) - 1


def test_a_broken_client_recovers_when_its_file_is_mended(drop):
    folder = drop("acme", "def broken(:\n")
    with pytest.raises(ClientError):
        find_gateway("acme", folder=folder)

    drop("acme", FUNCTIONS)

    assert find_gateway("acme", folder=folder).name == "acme"


def test_a_built_in_gateway_wins_over_a_client_of_its_name(drop):
    folder = drop("groq", "raise RuntimeError\n")

    assert find_gateway("groq", environ={}, folder=folder).title == "Groq"
    assert known_gateways({}, folder)["groq"].testable


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("opnrouter", "openrouter"), ("hugg", "hug"), ("GROQ", ""), ("qqqq", "")],
)
def test_an_unknown_name_is_answered_with_the_nearest(name, nearest, tmp_path):
    with pytest.raises(UnknownName, match=f"unknown gateway '{name}'.*{nearest}"):
        find_gateway(name, environ={}, folder=tmp_path)


def test_the_originals_small_dict_keeps_the_gateway_and_sets_its_note(tmp_path):
    off = gateway_from("groq", {"testable": False, "description": "not today"}, environ={})
    plain = gateway_from("hug", {}, environ={})

    assert (off.name, off.testable, off.description) == ("groq", False, "not today")
    assert (plain.name, plain.testable) == ("huggingface", True)


def test_the_originals_recipe_for_a_new_gateway_works(drop):
    folder = drop("my_gateway", FUNCTIONS.replace("acme", "my_gateway"))
    info = {"my_gateway": {"testable": True, "description": "My Gateway Provider"}}

    gateways, problems = gateways_from(info, environ={}, folder=folder)

    assert problems == ()
    assert gateways["my_gateway"].description == "My Gateway Provider"
    assert gateways["my_gateway"].calls is not None


def test_a_missing_client_costs_one_line_and_the_others_stay(tmp_path):
    info = {"my_gateway": {"testable": True}, "groq": {"testable": True}}

    gateways, problems = gateways_from(info, environ={}, folder=tmp_path)

    assert list(gateways) == ["groq"]
    assert problems == (
        "gateway 'my_gateway' has no client; drop src/services/my_gateway_client.py",
    )


def test_a_dict_of_callables_is_a_gateway(tmp_path):
    gateway = gateway_from(
        "mine",
        {"fetch_func": lambda: ["m"], "make_request": print, "make_stream": None, "testable": True},
        folder=tmp_path,
    )

    assert gateway.calls.list_models() == ["m"]
    assert gateway.calls.request is print
    assert gateway.calls.stream is None


def test_a_gateway_value_goes_under_the_name_it_is_given():
    groq = find_gateway("groq", environ={})

    assert gateway_from("groq", groq) is groq
    assert gateway_from("groq_eu", groq).name == "groq_eu"


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"testble": True}, "unknown key 'testble'; did you mean 'testable'"),
        ({"make_requests": print}, "did you mean 'make_request'"),
        ({7: 1}, "unknown key '7'"),
        ({"testable": "yes"}, "'testable' must be True or False"),
        ({"description": 3}, "'description' must be text"),
        ({"fetch_func": print}, "'make_request' must be a function"),
        ({"fetch_func": 1, "make_request": print}, "'fetch_func' must be a function"),
        ({"fetch_func": print, "make_request": print, "make_stream": 1}, "'make_stream' must be"),
        ("groq", "is a str; write a dict"),
    ],
)
def test_a_mistyped_entry_is_a_clear_error(value, says):
    with pytest.raises(ConfigError, match=says):
        gateways_from({"groq": value}, environ={})


def test_a_mistyped_gateway_name_is_an_error_that_names_the_nearest(tmp_path):
    with pytest.raises(UnknownName, match="did you mean 'openrouter'"):
        gateways_from({"opnrouter": {"testable": True}}, environ={}, folder=tmp_path)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("api.groq.com/v1", "http:// or https://"),
        ("ftp://api.groq.com", "http:// or https://"),
        ("https://", "a host"),
        ("https://user:hunter2@h/v1", "own variable"),
        ("https://hunter2@h/v1", "own variable"),
        ("https://h/v1?key=hunter2", "own variable"),
        ("https://h/v1#hunter2", "own variable"),
        ("https://h:port/v1", "not a URL"),
        ("http://[::1/v1", "not a URL"),
        ("https://h/a b", "blank"),
        ("https://h/\x1b[31m", "control character"),
        ("https://h/v1/chat/completions", "leave that off"),
    ],
)
def test_a_base_url_that_cannot_be_used_is_named_but_never_shown(url, says):
    with pytest.raises(ConfigError, match=says) as error:
        find_gateway("groq", environ={"GROQ_BASE_URL": url})

    assert "GROQ_BASE_URL" in str(error.value)
    assert "hunter2" not in str(error.value)


def test_an_empty_base_url_variable_changes_nothing():
    assert find_gateway("groq", environ={"GROQ_BASE_URL": " "}).base_url.startswith("https://")


def test_a_server_of_ones_own_waits_for_its_address_unless_it_is_named(tmp_path):
    waiting = known_gateways({}, tmp_path)["local"]
    given = known_gateways({"LOCAL_BASE_URL": "http://127.0.0.1:11434/v1"}, tmp_path)["local"]
    named = find_gateway("local", environ={})

    assert (waiting.testable, waiting.description) == (
        False,
        "set LOCAL_BASE_URL to the address of your server",
    )
    assert given.testable
    assert named.testable
    assert named.base_url == "http://127.0.0.1:8080/v1"
    assert isinstance(named, Gateway)


def test_the_examples_in_the_docs_are_the_ones_tested_here(request):
    page = (request.config.rootpath / "docs" / "adding-a-gateway.md").read_text()

    assert FUNCTIONS.strip() in page
    assert VALUE.strip() in page
