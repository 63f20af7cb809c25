"""`gatewayz probe`: one verdict over any endpoint."""

import io
import json
import os
import re
import subprocess
import sys
from dataclasses import replace

import pytest
from tests.probes.canned import answering_all_with

from gatewayz.cli.probe import base_url_of, command
from gatewayz.cli.probed import advice_on
from gatewayz.core import (
    KINDS,
    Attempt,
    Case,
    ConfigError,
    Gateway,
    Model,
    Observation,
    Outcome,
    Verdict,
)
from gatewayz.core.access import access_to
from gatewayz.core.failures import failure

MODEL = "llama-3.3-70b-versatile"


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080/v1"),
        ("http://127.0.0.1:8080/v1", "http://127.0.0.1:8080/v1"),
        ("http://127.0.0.1:8080/v1/", "http://127.0.0.1:8080/v1"),
        ("https://api.example.com/v1/chat/completions", "https://api.example.com/v1"),
        ("https://api.example.com/openai/v1", "https://api.example.com/openai/v1"),
        ("https://api.example.com/chat/completions", "https://api.example.com"),
    ],
)
def test_a_url_may_be_a_base_or_the_chat_route(url, base):
    assert base_url_of(url) == base


@pytest.mark.parametrize(
    "url",
    ["", "api.example.com", "ftp://x/v1", "http://u:p@x/v1", "http://x/v1?api_key=1", "http://"],
)
def test_what_is_no_endpoint_is_refused(url):
    with pytest.raises(ConfigError, match="URL"):
        base_url_of(url)


@pytest.fixture
def probe(gatewayz, groq):
    def run(*arguments, **env):
        address, key = groq["GROQ_BASE_URL"], groq["GROQ_API_KEY"]
        return gatewayz("probe", address, "-m", MODEL, *arguments, OPENAI_API_KEY=key, **env)

    return run


def test_a_long_prompt_is_as_long_as_it_may_be(probe):
    def counted(*arguments, **env):
        done = probe("--probe", "long_context", "--format", "json", *arguments, **env)
        assert done.returncode == 0, done.stdout
        return json.loads(done.stdout)["usage"]["input_tokens"]

    usual = counted()

    assert counted("--max-prompt-tokens", "500") < usual / 2
    assert counted("--max-prompt-tokens", "9000") > 3 * usual
    assert counted(GATEWAYZ_MAX_PROMPT_TOKENS="9000") > 3 * usual


def test_a_good_answer_passes_with_no_configuration(probe):
    done = probe()

    assert done.returncode == 0
    assert done.stdout.startswith(f"[OK] {MODEL} at ")
    assert "answer: Test successful" in done.stdout


@pytest.mark.parametrize("name", ["chat", "streaming"])
def test_json_is_one_object_with_the_promised_fields(probe, name):
    done = probe("--format", "json", "--probe", name)

    found = json.loads(done.stdout)
    assert done.returncode == 0
    assert (found["outcome"], found["first_outcome"]) == ("passed", "passed")
    assert (found["failure"], found["warnings"]) == (None, [])
    assert (found["attempts"], found["status"]) == (1, 200)
    assert (found["model_requested"], found["text"]) == (MODEL, "Test successful")
    assert found["model_served"]
    assert found["usage"]["output_tokens"] > 0
    assert found["latency_s"] > 0
    assert (found["ttft_s"] is not None) == (name == "streaming")


def test_a_failure_has_a_kind_and_a_class(gatewayz, simulator, groq):
    done = gatewayz(
        "probe", groq["GROQ_BASE_URL"], "-m", "fault/billing-no-credit", "--format=json",
        OPENAI_API_KEY=groq["GROQ_API_KEY"],
    )  # fmt: skip

    failure = json.loads(done.stdout)["failure"]
    assert done.returncode == 1
    assert (failure["kind"], failure["class"]) == ("billing-no-credit", "billing")


def test_a_remedy_speaks_of_the_url_that_was_given(gatewayz, groq):
    url, key = groq["GROQ_BASE_URL"], groq["GROQ_API_KEY"]
    wrong = url.replace("/v1", "/v9")

    done = gatewayz("probe", wrong, "--model", "m", OPENAI_API_KEY=key)

    assert "give another URL" in " ".join(done.stdout.split())
    assert "set URL" not in done.stdout
    assert "OPENAI_BASE_URL" not in done.stdout


def test_retries_are_counted_and_the_first_outcome_is_kept(gatewayz):
    from gatewayz import simulator as simulation

    faults = [{"fault": "server-500-json", "times": 1}]
    with simulation.running(faults=faults) as pretending:
        there = pretending.variables()
        done = gatewayz(
            "probe", there["GROQ_BASE_URL"], "-m", MODEL, "--format=json",
            OPENAI_API_KEY=there["GROQ_API_KEY"],
        )  # fmt: skip

    found = json.loads(done.stdout)
    assert (found["outcome"], found["first_outcome"], found["attempts"]) == ("passed", "failed", 2)


def test_a_closed_port_is_a_failed_verdict(gatewayz):
    done = gatewayz("probe", "http://127.0.0.1:1", "-m", "m")

    assert done.returncode == 1
    assert "connection-refused" in done.stdout


def test_an_expectation_decides(probe):
    assert probe("--message", "Say anything").returncode == 0
    assert probe("--expect", "success").returncode == 0
    wrong = probe("--expect", "^never$")

    assert wrong.returncode == 1
    assert "expected" in wrong.stdout


def test_the_openai_key_goes_to_this_machine_and_openai_only():
    from gatewayz.cli.probe import endpoint_at
    from gatewayz.config import load_settings

    settings = load_settings(environ={"OPENAI_API_KEY": "sk-1", "OTHER": "sk-2"})

    def key_for(url, name=None):
        found = settings.keys.find(endpoint_at(url, name, settings))
        return found.value if found else None

    assert key_for("http://127.0.0.1:1") == "sk-1"
    assert key_for("http://localhost:1") == "sk-1"
    assert key_for("https://api.openai.com/v1") == "sk-1"
    assert key_for("https://api.example.com/v1") is None
    assert key_for("https://api.openai.com.example.com/v1") is None
    assert key_for("https://api.example.com/v1", "OTHER") == "sk-2"
    assert key_for("https://api.example.com/v1", "OPENAI_API_KEY") == "sk-1"


def test_a_settings_file_changes_nothing_about_what_passes(probe, tmp_path):
    (tmp_path / "gatewayz.toml").write_text("message = 'something else'\n")

    assert probe("--expect", "Test successful").returncode == 0


def test_a_reader_that_leaves_does_not_make_a_failure_pass(environment):
    reading, writing = os.pipe()
    os.close(reading)
    for form in ("text", "json"):
        done = subprocess.run(
            [
                *(sys.executable, "-m", "gatewayz", "probe", "http://127.0.0.1:1", "-m", "m"),
                *("--retries", "0", "--format", form),
            ],
            env=environment(),
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )

        assert (done.returncode, done.stderr) == (1, "")
    os.close(writing)


def test_what_it_says_fits_80_columns_and_its_commands_exist(gatewayz, groq):
    done = gatewayz(
        "probe", groq["GROQ_BASE_URL"], "-m", "no-such", OPENAI_API_KEY=groq["GROQ_API_KEY"]
    )

    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "gatewayz models local" in " ".join(done.stdout.split())


def test_a_failure_is_told_in_a_panel_whose_command_repeats_it(gatewayz, groq):
    key = groq["GROQ_API_KEY"]

    done = gatewayz(
        "probe", groq["GROQ_BASE_URL"], "-m", "fault/billing-no-credit", OPENAI_API_KEY=key
    )
    command = done.stdout.split("repeat:\n")[1]
    again = subprocess.run(
        ["sh", "-c", f"{command.rstrip()} -w '%{{http_code}}'"],
        env={**os.environ, "OPENAI_API_KEY": key},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert "points at: billing or quota" in done.stdout
    assert "OPENAI_API_KEY" in command
    assert key not in done.stdout
    assert again.stdout.endswith("402"), again.stderr


def test_several_probes_get_a_line_each_and_a_count(gatewayz, groq):
    done = gatewayz(
        "probe", groq["GROQ_BASE_URL"], "-m", "fault/stream-answered-with-json",
        "--probe", "chat,streaming,chat", OPENAI_API_KEY=groq["GROQ_API_KEY"],
    )  # fmt: skip

    lines = done.stdout.splitlines()
    assert done.returncode == 1
    assert lines[0].startswith("fault/stream-answered-with-json at http://127.0.0.1")
    assert [line.split(" (")[0] for line in lines if line.startswith("[")] == [
        "[OK] chat",
        "[FAIL] streaming",
    ]
    assert lines[-1] == "1/2 probes passed"


def test_json_of_several_probes_stands_in_one_object(probe):
    found = json.loads(probe("--format", "json", "--probe", "chat,streaming").stdout)["results"]

    assert [(each["probe"], each["outcome"]) for each in found] == [
        ("chat", "passed"),
        ("streaming", "passed"),
    ]


@pytest.mark.parametrize(("given", "told"), [("", "name a probe"), ("chat,strem", "streaming")])
def test_a_probe_that_is_no_probe_ends_before_a_call(probe, given, told):
    done = probe("--probe", given)

    assert done.returncode == 2
    assert told in done.stderr


@pytest.mark.parametrize("name", [k.name for k in KINDS.values() if k.failure_class != "catalogue"])
def test_a_remedy_names_nothing_that_this_command_lacks(name):
    from gatewayz.cli.probed import advice_on

    gateway = Gateway(name="127.0.0.1:80", base_url="http://127.0.0.1:80/v1", url_env="URL")
    seen = Observation(case=Case(gateway=gateway.name, probe="chat", model=Model(id="m")))
    found = Verdict(observation=seen, outcome=Outcome.FAILED, failure=failure(name, "no"))

    remedy = advice_on(gateway)(found, gateway).remedy

    assert remedy.endswith((".", "?"))
    flags = {flag for one in command.params for flag in one.opts}
    assert set(re.findall(r"--[a-z][a-z-]+", re.sub("`.*?`", "", remedy))) <= flags, remedy
    for word in ("gatewayz.toml", "--exclude", "--retry-budget", "--report", "gatewayz models 127"):
        assert word not in remedy


def test_a_narrow_terminal_gets_narrow_lines(monkeypatch):
    from gatewayz.cli.probed import print_text

    class Narrow(io.StringIO):
        def isatty(self):
            return True

    gateway = Gateway(name="h", base_url="http://h/v1", key_env="K", url_env="URL")
    seen = Observation(case=Case(gateway="h", probe="chat", model=Model(id="m")))
    found = Verdict(observation=seen, outcome=Outcome.FAILED, failure=failure("auth-no-key", "no"))
    shown = Narrow()
    monkeypatch.setattr(sys, "stdout", shown)
    monkeypatch.setenv("COLUMNS", "50")

    print_text([found], gateway, access_to(gateway))

    lines = shown.getvalue().splitlines()
    assert any("Set K, or name another variable" in line for line in lines)
    assert max(map(len, lines)) <= 50


@pytest.mark.parametrize("key", ["sk-broken\nkey", "sk-broken key", "sk-brökenkey"])
def test_a_key_that_cannot_be_sent_ends_before_a_call(gatewayz, simulator, groq, key):
    asked = len(simulator.log)
    done = gatewayz("probe", groq["GROQ_BASE_URL"], "-m", MODEL, OPENAI_API_KEY=key)

    assert done.returncode == 2
    assert "OPENAI_API_KEY" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "broken" not in done.stderr
    assert len(simulator.log) == asked


def test_the_refusal_of_a_made_up_key_is_asked_for_where_a_key_is_sent(probe):
    done = probe("--probe", "chat,wrong_key")

    assert done.returncode == 0
    assert done.stdout.endswith("2/2 probes passed\n")


def test_without_a_key_no_other_one_is_tried_and_that_is_said(gatewayz):
    done = gatewayz("probe", "http://127.0.0.1:1", "-m", MODEL, "--probe", "wrong_key")

    assert done.stdout.startswith("[SKIP]")
    assert "no key is asked for or sent" in done.stdout


def test_nothing_is_said_of_a_list_that_was_not_read(gatewayz, groq):
    done = gatewayz("probe", groq["GROQ_BASE_URL"], "-m", MODEL, OPENAI_API_KEY="sk-wrong-1234567")

    assert "auth-bad-key" in done.stdout
    assert "auth-listing-is-public" not in done.stdout


def test_several_probes_are_told_in_the_light_of_each_other(gatewayz):
    with answering_all_with("Test successful") as canned:
        asked = ("probe", canned.base_url, "-m", "m", "--probe", "chat,streaming")
        first, second = json.loads(gatewayz(*asked, "--format", "json").stdout)["results"]

    # It gives every answer the same id.
    assert "id-repeated-across-requests" not in first["warnings"]
    assert "id-repeated-across-requests" in second["warnings"]


def test_the_command_that_lists_models_takes_the_key_along():
    endpoint = Gateway(
        name="h", base_url="http://h/v1", key_env="GROQ_API_KEY", url_env="URL", key_required=True
    )
    seen = Observation(
        case=Case(gateway="h", probe="chat", model=Model(id="m")), attempts=(Attempt(status=404),)
    )
    found = Verdict(
        observation=seen, outcome=Outcome.FAILED, failure=failure("model-not-found", "no")
    )

    told = advice_on(endpoint)(found, endpoint).remedy
    without = advice_on(replace(endpoint, key_required=False))(found, endpoint).remedy

    assert "`LOCAL_BASE_URL=http://h/v1 LOCAL_API_KEY=$GROQ_API_KEY gatewayz models local`" in told
    assert "LOCAL_API_KEY" not in without
