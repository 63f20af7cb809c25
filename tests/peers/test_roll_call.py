"""The roll call through gateways that other people wrote."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import gatewayz
from gatewayz.simulator import running

SOURCE = Path(gatewayz.__file__).resolve().parents[1]

# Those whose catalogue lies at `{base}/models`, the one address of a list that Portkey passes on.
BEHIND_PORTKEY = [
    "chutes",
    "featherless",
    "fireworks",
    "groq",
    "huggingface",
    "nebius",
    "novita",
    "openrouter",
    "together",
    "xai",
]


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str
    report: Path

    @property
    def results(self):
        """The report's results by the id of their case."""
        return {result["id"]: result for result in json.loads(self.report.read_text())["results"]}

    def kind(self, case_id):
        failure = self.results[case_id]["failure"]
        return failure and failure["kind"]


@pytest.fixture
def gatewayz_command(tmp_path):
    """Runs `gatewayz` in an empty folder with the settings and variables given."""

    def run(*arguments, toml="", variables=None, report=True):
        settings = tmp_path / "gatewayz.toml"
        settings.write_text(toml)
        settings.chmod(0o600)
        path = tmp_path / "run.json"
        command = [sys.executable, "-m", "gatewayz", *arguments]
        if report:
            command += ["--report", f"json={path}"]
        inherited = os.environ.get("PYTHONPATH", "")
        env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(SOURCE), inherited])}
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env=env | (variables or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr, path)

    return run


@pytest.fixture
def keys(simulator):
    """The simulator's variables without its addresses."""
    return {k: v for k, v in simulator.variables().items() if not k.endswith("_BASE_URL")}


def table(gateway, base_url, headers=None):
    inner = ", ".join(f'"{name}" = "{value}"' for name, value in (headers or {}).items())
    return f'[gateways.{gateway}]\nbase_url = "{base_url}"\nheaders = {{ {inner} }}\n'


def behind_portkey(portkey, gateway, upstream, *, provider="openai"):
    """The settings that put Portkey's gateway between us and an upstream."""
    headers = {"x-portkey-provider": provider, "x-portkey-custom-host": upstream}
    return table(gateway, f"{portkey.url}/v1", headers)


def base_urls(simulator):
    """The simulator's address of each gateway."""
    names = {"GEMINI": "google", "HF": "huggingface"}
    return {
        names.get(prefix, prefix.lower()): value
        for name, value in simulator.variables().items()
        if (prefix := name.removesuffix("_BASE_URL")) != name
    }


class TestThroughPortkey:
    def test_the_real_engine_passes_both_probes_with_real_text_and_usage(
        self, gatewayz_command, portkey_gateway, tiny_engine
    ):
        settings = behind_portkey(portkey_gateway, "local", tiny_engine)
        probes = "chat,streaming"
        done = gatewayz_command("test", "--direct", "local", "--probe", probes, toml=settings)

        assert done.code == 0, done.out + done.err
        assert set(done.results) == {"local-tiny-chat", "local-tiny-streaming"}
        for result in done.results.values():
            assert result["text"] == "Test successful"
            assert result["usage"]["output_tokens"] > 0

    def test_ten_gateways_pass_both_probes(
        self, gatewayz_command, portkey_gateway, simulator, keys
    ):
        upstreams = base_urls(simulator)
        settings = "".join(
            behind_portkey(portkey_gateway, name, upstreams[name]) for name in BEHIND_PORTKEY
        )
        arguments = ["--direct", "--models", "1", "--probe", "chat,streaming"]
        done = gatewayz_command("test", *BEHIND_PORTKEY, *arguments, toml=settings, variables=keys)

        assert done.code == 0, done.out + done.err
        assert len(done.results) == 2 * len(BEHIND_PORTKEY)
        assert {result["gateway"] for result in done.results.values()} == set(BEHIND_PORTKEY)

    @pytest.mark.parametrize("fault", ["rate-limit", "billing-no-credit", "server-500-json"])
    def test_a_fault_of_the_provider_keeps_its_name(self, gatewayz_command, portkey_gateway, fault):
        with running(seed=7, faults=[{"fault": fault}]) as simulator:
            settings = behind_portkey(portkey_gateway, "groq", base_urls(simulator)["groq"])
            done = gatewayz_command(
                "test", "--direct", "groq", "--models", "1", "--retries", "0",
                toml=settings,
                variables={"GROQ_API_KEY": simulator.variables()["GROQ_API_KEY"]},
            )  # fmt: skip

        assert done.code == 1, done.out + done.err
        assert [done.kind(case) for case in done.results] == [fault]

    def test_a_wrong_key_is_named_as_one(self, gatewayz_command, portkey_gateway, simulator):
        upstream = base_urls(simulator)["openrouter"]
        done = gatewayz_command(
            "test", "--direct", "openrouter", "--models", "1",
            toml=behind_portkey(portkey_gateway, "openrouter", upstream),
            variables={"OPENROUTER_API_KEY": "sk-or-v1-wrong-and-made-up"},
        )  # fmt: skip

        assert done.code == 1, done.out + done.err
        assert [done.kind(case) for case in done.results] == ["auth-bad-key"]

    def test_a_stream_that_portkey_empties_is_no_success(
        self, gatewayz_command, portkey_gateway, simulator
    ):
        # Portkey's own reader for this provider stumbles over OpenRouter's comment lines and
        # answers 200 with nothing in it.
        upstream = base_urls(simulator)["openrouter"]
        key = simulator.variables()["OPENROUTER_API_KEY"]
        done = gatewayz_command(
            "test", "--direct", "openrouter", "--models", "1", "--probe", "streaming",
            "--retries", "0",
            toml=behind_portkey(portkey_gateway, "openrouter", upstream, provider="groq"),
            variables={"OPENROUTER_API_KEY": key},
        )  # fmt: skip

        assert done.code == 1, done.out + done.err
        assert [result["status"] for result in done.results.values()] == [200]
        assert [result["outcome"] for result in done.results.values()] == ["failed"]


class TestThroughLiteLLM:
    @pytest.fixture
    def call(self, gatewayz_command, litellm_proxy):
        def run(*arguments, key="sk-litellm-master"):
            return gatewayz_command(
                "test", "local", *arguments, "--models", "all", "--retries", "0",
                toml=table("local", f"{litellm_proxy.url}/v1"),
                variables={
                    "GATEWAYZ_API_URL": litellm_proxy.url,
                    "GATEWAYZ_API_KEY": key,
                    "LOCAL_API_KEY": key,
                },
            )  # fmt: skip

        return run

    @pytest.mark.parametrize("way", ["--api", "--direct"])
    def test_good_models_pass_and_a_limited_one_is_named(self, call, way):
        done = call(way, "--probe", "chat,streaming")

        outcomes = {case: result["outcome"] for case, result in done.results.items()}
        assert done.code == 1, done.out + done.err
        assert outcomes == {
            "local-tiny-chat": "passed",
            "local-tiny-streaming": "passed",
            "local-simulated-chat": "passed",
            "local-simulated-streaming": "passed",
            "local-broken-chat": "failed",
            "local-broken-streaming": "failed",
        }
        assert done.results["local-tiny-chat"]["text"] == "Test successful"
        assert done.results["local-tiny-chat"]["usage"]["output_tokens"] > 0
        assert done.results["local-broken-chat"]["status"] == 429
        assert done.kind("local-broken-chat").startswith("rate-limit")

    def test_both_ways_agree_about_the_same_proxy(self, call):
        done = call("--both", "--exclude", "broken")

        report = json.loads(done.report.read_text())
        assert done.code == 0, done.out + done.err
        assert len(report["results"]) == 4
        assert report["summary"]["differences"] == []

    def test_a_wrong_key_for_the_proxy_fails_and_is_never_a_success(self, call):
        done = call("--api", key="sk-not-the-master")

        assert done.code in {1, 3}, done.out + done.err
        assert "Traceback" not in done.err
        assert all(result["outcome"] != "passed" for result in done.results.values())

    def test_a_probe_needs_no_settings(self, gatewayz_command, litellm_proxy):
        done = gatewayz_command(
            "probe", litellm_proxy.url, "--model", "tiny", "--key-env", "PROXY_KEY",
            "--format", "json",
            variables={"PROXY_KEY": "sk-litellm-master"},
            report=False,
        )  # fmt: skip

        verdict = json.loads(done.out)
        assert done.code == 0, done.out + done.err
        assert (verdict["outcome"], verdict["text"]) == ("passed", "Test successful")
