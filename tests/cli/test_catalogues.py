"""`gatewayz models` and `gatewayz plan`."""

import json
import re

from gatewayz import simulator as simulation


def test_models_shows_id_context_price_and_capabilities(gatewayz, there):
    done = gatewayz("models", "deepinfra", **there)

    line = next(x for x in done.stdout.split("\n") if "Llama-3.3-70B-Instruct-Turbo" in x)
    assert done.returncode == 0
    assert re.search(r"131,072 +\$0\.10 in, \$0\.32 out", line)


def test_ids_with_escapes_reach_no_terminal(gatewayz, groq):
    done = gatewayz("models", "groq", **groq)

    assert "\x1b" not in done.stdout
    assert "\\x1b[31m" in done.stdout


def test_models_as_json_keeps_ids_as_they_are(gatewayz, groq):
    done = gatewayz("models", "groq", "--format", "json", **groq)

    ids = [model["id"] for model in json.loads(done.stdout)["groq"]]
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


def test_plan_works_offline_and_bounds_tokens_and_money(gatewayz, there, simulator):
    gatewayz("models", "deepinfra", "groq", **there)
    before = len(simulator.log)
    done = gatewayz(
        "plan", "deepinfra", "groq", "--models", "2", "--retries", "1", "--format", "json", **there
    )
    words = gatewayz("plan", "deepinfra", "groq", "--models", "3", **there).stdout

    assert len(simulator.log) == before
    priced, unpriced = json.loads(done.stdout)
    assert (priced["calls"], priced["most_calls"]) == (2, 4)
    assert priced["output_tokens"] == 4 * 50
    # A message of 34 bytes is at most 34 tokens; the request around it counts as well.
    assert priced["input_tokens"] >= 4 * 34
    assert 0 < priced["usd"] < 0.01
    assert priced["unpriced"] == []
    assert len(unpriced["unpriced"]) == 2
    assert "catalogue read" in words
    assert "price unknown: openai/gpt-oss-120b" in words
    assert all(len(line) <= 80 for line in words.splitlines())


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
