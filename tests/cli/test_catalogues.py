"""`gatewayz models` and `gatewayz plan`."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from gatewayz import simulator as simulation


class Tiered(BaseHTTPRequestHandler):
    """A list with one model whose long prompts cost more, and one that has one price."""

    def log_message(self, *_):
        pass

    def do_GET(self):
        pricing = {"prompt": "0.000001", "completion": "0.000002"}
        tiers = {**pricing, "overrides": [{"min_prompt_tokens": 9, "prompt": "0.000003"}]}
        rows = [{"id": "a/plain", "pricing": pricing}, {"id": "a/tiered", "pricing": tiers}]
        body = json.dumps({"data": rows}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def tiered():
    with ThreadingHTTPServer(("127.0.0.1", 0), Tiered) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield {"OPENROUTER_BASE_URL": f"http://localhost:{server.server_port}"}
        server.shutdown()
        thread.join()


def test_models_shows_id_context_price_and_capabilities(gatewayz, there):
    done = gatewayz("models", "deepinfra", **there)

    line = next(x for x in done.stdout.split("\n") if "Llama-3.3-70B-Instruct-Turbo" in x)
    assert done.returncode == 0
    assert re.search(r"131,072 +\$0\.10 in, \$0\.32 out", line)


def test_a_price_that_is_the_dearest_of_several_is_shown_as_such(gatewayz, tiered):
    done = gatewayz("models", "openrouter", **tiered)

    plain, dearest = (x for x in done.stdout.split("\n") if x.startswith("  a/"))
    assert "the dearest" not in plain
    assert re.search(r"\$3 in, \$2 out .*\(the dearest of several prices\)", dearest)


def test_ids_with_escapes_reach_no_terminal(gatewayz, groq):
    done = gatewayz("models", "groq", **groq)

    assert "\x1b" not in done.stdout
    assert "\\x1b[31m" in done.stdout


def test_models_as_json_keeps_ids_as_they_are(gatewayz, groq):
    done = gatewayz("models", "groq", "--format", "json", **groq)

    ids = [model["id"] for model in json.loads(done.stdout)["gateways"]["groq"]]
    assert any("\x1b" in model_id for model_id in ids)


def test_a_public_catalogue_needs_no_key(gatewayz, there):
    done = gatewayz("models", "openrouter", OPENROUTER_BASE_URL=there["OPENROUTER_BASE_URL"])

    assert done.returncode == 0
    assert "gpt-oss-120b" in done.stdout


def test_without_a_key_the_variable_is_named(gatewayz, there):
    done = gatewayz("models", "groq", GROQ_BASE_URL=there["GROQ_BASE_URL"])

    assert done.returncode == 3
    assert "GROQ_API_KEY" in done.stderr


def test_a_catalogue_that_is_html_is_one_line(gatewayz):
    with simulation.running(faults=[{"path": "models", "fault": "html-with-200"}]) as pretending:
        done = gatewayz("models", "groq", **pretending.variables())

    assert done.returncode == 1
    assert done.stderr.startswith("groq: ")
    assert done.stderr.count("\n") == 1


def test_plan_without_a_catalogue_names_the_command_that_reads_one(gatewayz, groq):
    done = gatewayz("plan", "groq", **groq)

    assert done.returncode == 2
    assert "gatewayz models" in done.stderr


def test_a_plan_that_lacks_a_way_says_what_reads_it_and_what_is_not_in_the_total(gatewayz, groq):
    gatewayz("models", "groq", **groq)
    done = gatewayz("plan", "groq", "--both", GATEWAYZ_API_URL="http://127.0.0.1:9", **groq)
    words = " ".join(done.stdout.split())

    assert done.returncode == 0, done.stderr
    assert "groq (api) no stored catalogue read it: gatewayz models groq --api" in words
    assert "not in the total, for want of a catalogue: groq (api)" in words


def test_plan_works_offline_and_bounds_tokens_and_money(gatewayz, there, simulator):
    gatewayz("models", "deepinfra", "featherless", **there)
    before = len(simulator.log)
    done = gatewayz(
        "plan",
        "deepinfra",
        "featherless",
        "--models",
        "2",
        "--retries",
        "1",
        "--format",
        "json",
        **there,
    )
    words = gatewayz("plan", "deepinfra", "featherless", "--models", "3", **there).stdout

    assert len(simulator.log) == before
    priced, unpriced = json.loads(done.stdout)["bills"]
    # One retry, and four times in another form; a limit that thought eats grows to 1024.
    assert (priced["calls"], priced["most_calls"]) == (2, 12)
    # Two more for the end of an answer, which some providers count.
    assert priced["output_tokens"] == 12 * (1024 + 2)
    # A message of 34 bytes is at most 34 tokens; the request around it counts as well.
    assert priced["input_tokens"] >= 10 * 34
    assert 0 < priced["usd"] < 0.01
    assert priced["unpriced"] == []
    assert len(unpriced["unpriced"]) == 2
    assert "catalogue read" in words
    assert "price unknown: Qwen/Qwen3-32B" in words
    assert all(len(line) <= 80 for line in words.splitlines())


def test_a_run_never_makes_more_calls_than_were_planned_at_most(gatewayz):
    faults = [
        "unsupported-parameter", "unsupported-value", "extra-field-refused", "model-not-found",
        "reasoning-ate-budget", "server-500-json", "rate-limit", "reset-before-response",
    ]  # fmt: skip
    rules = [{"fault": fault, "probability": 0.3} for fault in faults]
    asked = ("groq", "--models", "4", "--retries", "1", "--repeat", "2",
             "--probe", "chat,streaming,tool_choice")  # fmt: skip
    with simulation.running(seed=4, faults=rules) as pretending:
        there = pretending.variables()
        gatewayz("models", "groq", **there)
        planned = json.loads(gatewayz("plan", *asked, "--format", "json", **there).stdout)["bills"][
            0
        ]
        done = gatewayz("test", *asked, "--format", "json", **there)
        calls = [served for served in pretending.log if served.route == "chat"]

    results = [r for r in json.loads(done.stdout)["results"] if r["model"]]
    spent = sum((w["reply"] or {}).get("usage", {}).get("output_tokens") or 0
                for r in results for w in r["wire"] if (w["reply"] or {}).get("usage"))  # fmt: skip
    assert len(results) == 24
    assert planned["calls"] == 4 * 2 * (1 + 1 + 3)
    assert 24 < len(calls) <= planned["most_calls"]
    assert sum(len(result["wire"]) for result in results) == len(calls)
    assert 0 < spent <= planned["output_tokens"]


def test_plan_says_why_a_gateway_that_was_named_would_not_run(gatewayz, groq):
    gatewayz("models", "groq", **groq)
    done = gatewayz("plan", "groq", "xai", **groq)
    unnamed = gatewayz("plan", **groq)

    assert done.returncode == 0
    assert "xai would not run: no key: set XAI_API_KEY" in done.stderr
    assert "would not run" not in unnamed.stderr


def test_a_roll_call_leaves_a_catalogue_to_plan_from(gatewayz, groq):
    gatewayz("test", "groq", "--models", "1", **groq)
    done = gatewayz("plan", "groq", "--models", "all", "--probe", "chat,streaming", **groq)

    assert done.returncode == 0
    assert re.search(r"groq +28 calls", done.stdout)


def test_a_pattern_that_nothing_matches_is_told(gatewayz, groq):
    done = gatewayz("models", "groq", "--models", "nothing*", **groq)

    assert done.returncode == 3
    assert "matches 'nothing*'" in done.stderr


def test_the_units_stand_above_the_figures(gatewayz, groq):
    first = gatewayz("models", "groq", **groq).stdout.splitlines()[0]

    assert "context in tokens" in first
    assert "USD per million tokens" in first
