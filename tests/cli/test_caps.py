"""Caps at the command line: what is left out, what is told, and which exit code it is."""

import json
import re

import pytest

from gatewayz.simulator import running


def test_no_more_calls_are_sent_than_allowed_and_the_rest_is_skipped_by_name(gatewayz, there):
    with running(seed=5) as pretending:
        done = gatewayz(
            "test", "deepinfra", "--models", "6", "--max-calls", "2", **pretending.variables()
        )
        calls = [row for row in pretending.log if row.route == "chat"]

    assert done.returncode == 0
    assert len(calls) == 2
    assert done.stdout.count("[SKIP]") == 4
    assert "not sent: --max-calls 2 is used up" in done.stdout
    assert "Left out to keep to the cap: 4 cases not sent" in done.stdout
    assert re.search(
        r"^Spent: \$0\.0000\d+ for 2 calls, \d+ tokens in, \d+ out$", done.stdout, re.M
    )
    assert all(len(line) <= 80 for line in done.stdout.splitlines())


def test_strict_makes_it_an_exit_code(gatewayz, there):
    capped = ("test", "deepinfra", "--models", "2", "--max-calls", "1")

    assert gatewayz(*capped, "--strict", **there).returncode == 3
    assert gatewayz(*capped, GATEWAYZ_STRICT="1", **there).returncode == 3
    assert gatewayz("test", "deepinfra", "--models", "1", "--strict", **there).returncode == 0


def test_a_cap_that_has_no_room_for_one_question_judges_nothing(gatewayz, there):
    done = gatewayz("test", "deepinfra", "--max-cost", "0", **there)

    assert done.returncode == 3
    assert "not sent: --max-cost 0: $0.0000 left, and this could come to $0.000" in done.stdout
    assert "Spent" not in done.stdout


def test_an_unknown_price_under_a_cap_on_money_is_told_with_what_to_do(gatewayz, there, tmp_path):
    asked = ("test", "featherless", "--models", "1", "--max-cost", "1")
    unknown = gatewayz(*asked, **there)
    told = "[gateways.featherless]\nprice = { input = 0.1, output = 0.2 }\n"
    (tmp_path / "gatewayz.toml").write_text(told)
    priced = gatewayz(*asked, **there)

    assert unknown.returncode == 3
    told = " ".join(unknown.stdout.split())
    assert "not sent: the price is unknown, so --max-cost 1 cannot be kept to" in told
    assert "--max-tokens-total" in told
    assert priced.returncode == 0
    assert "Spent: $0.00000" in priced.stdout


def test_what_nobody_could_price_is_named_and_not_counted_as_free(gatewayz, there):
    alone = gatewayz("test", "featherless", "--models", "1", "-v", **there)
    both = gatewayz(
        "test", "featherless", "deepinfra", "--models", "1", "--format", "json", **there
    )
    spend = json.loads(both.stdout)["summary"]["spend"]

    assert "Spent: cost unknown for 1 call, " in alone.stdout
    assert "price unknown: featherless/" in " ".join(alone.stdout.split())
    assert (spend["calls"], spend["unpriced_calls"]) == (2, 1)
    assert 0 < spend["usd"] < 0.001
    assert [name.split("/")[0] for name in spend["unpriced"]] == ["featherless"]


def test_a_provider_that_goes_beyond_its_limit_is_named_and_left_alone(gatewayz, tmp_path):
    (tmp_path / "gatewayz.toml").write_text("[gateways.deepinfra]\nconcurrency = 1\n")
    rules = [{"gateway": "deepinfra", "fault": "max-tokens-ignored", "path": "chat"}]
    asked = ("test", "deepinfra", "novita", "--models", "5", "--max-tokens", "3")
    with running(seed=5, faults=rules, latency_s=0.2) as pretending:
        there = pretending.variables()
        done = gatewayz(*asked, "--max-cost", "1", "--format", "json", **there)
        capped = len([r for r in pretending.log if r.route == "chat" and r.gateway == "deepinfra"])
        words = gatewayz(*asked, "--max-cost", "1", **there).stdout
        free = json.loads(gatewayz(*asked, "--format", "json", **there).stdout)

    document = json.loads(done.stdout)
    skipped = [r for r in document["results"] if r["outcome"] == "skipped"]
    assert capped == 5 - len(skipped) < 5
    assert {r["gateway"] for r in skipped} == {"deepinfra"}
    assert all("went beyond its limits: a call took" in r["reason"] for r in skipped)
    assert list(document["summary"]["spend"]["overruns"]) == ["deepinfra"]
    assert "deepinfra stopped: a call took" in words
    # Without a cap nothing is to be kept to, and all are asked.
    assert [r["outcome"] for r in free["results"]].count("skipped") == 0


def test_a_cap_stands_in_settings_like_any_other(gatewayz, there, tmp_path):
    (tmp_path / "gatewayz.toml").write_text('max_cost_usd = 0.5\nmax_calls = "none"\n')
    shown = gatewayz("config", **there).stdout
    wrong = gatewayz("test", "groq", "--max-cost", "cheap", **there)
    half = tmp_path / "half.toml"
    half.write_text("[gateways.groq]\nprice = { input = 1 }\n")
    half_priced = gatewayz("test", "groq", "--config", "half.toml", **there)

    assert re.search(r"max_cost_usd +0\.5 +gatewayz\.toml", shown)
    assert wrong.returncode == 2
    assert "--max-cost: 'cheap' is not a number" in wrong.stderr
    assert half_priced.returncode == 2
    assert "write { input = 0.15, output = 0.6 }" in half_priced.stderr


def test_probe_keeps_to_one_cap_over_all_its_questions(gatewayz, groq, simulator):
    before = len(simulator.log)
    done = gatewayz(
        "probe", groq["GROQ_BASE_URL"], "-m", "llama-3.3-70b-versatile",
        "--probe", "chat,streaming,usage", "--max-calls", "2",
        OPENAI_API_KEY=groq["GROQ_API_KEY"],
    )  # fmt: skip
    calls = [row for row in list(simulator.log)[before:] if row.route == "chat"]

    assert len(calls) == 2
    assert "not sent: --max-calls 2 is used up" in done.stdout


def test_a_cost_that_does_not_fit_the_price_is_a_warning_and_the_sums_are_told(gatewayz):
    rules = [{"gateway": "openrouter", "fault": "cost-differs", "path": "chat"}]
    asked = ("test", "openrouter", "--models", "*claude*,*120b", "--probe", "chat,streaming")
    with running(seed=5, faults=rules) as pretending:
        there = pretending.variables()
        document = json.loads(gatewayz(*asked, "--format", "json", **there).stdout)
        words = gatewayz(*asked, **there)

    assert [r["warnings"] for r in document["results"]] == [["cost-differs"]] * 4
    (audit,) = document["summary"]["spend"]["audits"]
    assert (audit["gateway"], audit["answers"], audit["odd"]) == ("openrouter", 4, 4)
    assert "openrouter reports $" in words.stdout
    assert "(4 far off)" in words.stdout
    assert words.returncode == 0


def test_a_healthy_bill_is_no_news(gatewayz, there):
    asked = ("openrouter", "deepinfra", "--models", "4", "--probe", "standard")
    document = json.loads(gatewayz("test", *asked, "--format", "json", **there).stdout)
    audits = {a["gateway"]: a for a in document["summary"]["spend"]["audits"]}

    assert set(audits) == {"openrouter", "deepinfra"}
    assert all(audit["odd"] == 0 < audit["answers"] for audit in audits.values())
    assert not any("cost-differs" in r["warnings"] for r in document["results"])


def test_the_plan_names_sources_time_and_what_each_call_once_would_cost(gatewayz, there, tmp_path):
    toml = (
        "[gateways.featherless]\nprice = { input = 0.1, output = 0.2 }\n"
        "[gateways.deepinfra]\nrequests_per_minute = 60\nconcurrency = 2\n"
    )
    (tmp_path / "gatewayz.toml").write_text(toml)
    gatewayz("models", "deepinfra", "featherless", **there)
    asked = ("plan", "deepinfra", "featherless", "--models", "4", "--repeat", "45")
    own, given = json.loads(gatewayz(*asked, "--format", "json", **there).stdout)["bills"]
    printed = gatewayz(*asked, **there).stdout
    words = " ".join(printed.split())

    assert [(p["source"], p["models"]) for p in own["prices"]] == [("catalogue", 4)]
    assert own["prices"][0]["as_of"] == own["read_at"][:10]
    assert given["prices"] == [{"source": "gatewayz.toml", "as_of": None, "models": 4}]
    assert own["calls"] == 180
    # Five at once, then 56 in each minute, evenly; the last is answered a second later.
    assert own["seconds"] == pytest.approx(175 * 60 / 56 + 1)
    assert 0 < own["usd_once"] < own["usd"] / 7
    assert "60 starts a minute, 2 at once" in words
    assert "its own catalogue of 20" in words
    assert "when each call is made once" in words
    # featherless takes one call at a time, which is faster than that.
    assert given["seconds"] == 180
    assert "at least 3m08s, when each answer takes 1.00s" in words
    assert all(len(line) <= 80 for line in printed.splitlines())


def test_a_large_plan_fits_eighty_columns(gatewayz, there):
    gatewayz("models", "deepinfra", "featherless", **there)
    asked = ("--models", "all", "--probe", "full", "--repeat", "60", "--max-tokens", "100000")
    printed = gatewayz("plan", "deepinfra", "featherless", *asked, **there).stdout

    assert re.search(r"deepinfra +\d{5} calls", printed)
    # An id is never cut.
    words = [line for line in printed.splitlines() if "very-long-" not in line]
    assert all(len(line) <= 80 for line in words)


def test_what_the_plan_says_at_most_is_a_cap_that_leaves_nothing_out(gatewayz):
    faults = ["unsupported-parameter", "model-not-found", "reasoning-ate-budget",
              "server-500-json", "rate-limit", "usage-missing", "reset-mid-body"]  # fmt: skip
    rules = [{"fault": fault, "probability": 0.2, "path": "chat"} for fault in faults]
    asked = ("deepinfra", "--models", "4", "--retries", "1", "--repeat", "2",
             "--probe", "chat,streaming,tool_choice")  # fmt: skip
    with running(seed=4, faults=rules) as pretending:
        there = pretending.variables()
        gatewayz("models", "deepinfra", **there)
        (planned,) = json.loads(gatewayz("plan", *asked, "--format", "json", **there).stdout)[
            "bills"
        ]
        caps = (
            "--max-cost", planned["usd"], "--max-calls", planned["most_calls"],
            "--max-tokens-total", planned["input_tokens"] + planned["output_tokens"],
        )  # fmt: skip
        done = json.loads(gatewayz("test", *asked, *caps, "--format", "json", **there).stdout)
    spend = done["summary"]["spend"]

    assert spend["left_out"] == {"cases": 0, "tries": 0}
    assert spend["unreported_calls"] > 0
    assert planned["calls"] < spend["calls"] <= planned["most_calls"]
    assert 0 < spend["usd"] < planned["usd"]
