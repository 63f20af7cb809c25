"""What `gatewayz probe` says its questions took."""

import json

from gatewayz.cli.probe_spend import spent_together
from gatewayz.core import Audit, NotSent, Spend

MODEL = "llama-3.3-70b-versatile"


def audit(**more):
    fields = {"gateway": "g", "answers": 1, "reported_usd": 1.0, "least_usd": 2.0, "most_usd": 3.0}
    return Audit(**{**fields, **more})


def test_one_question_says_what_it_took_above_the_command_that_repeats_it(gatewayz, groq):
    asked = ("probe", groq["GROQ_BASE_URL"], "-m")
    key = {"OPENAI_API_KEY": groq["GROQ_API_KEY"]}
    well = gatewayz(*asked, MODEL, **key).stdout
    failed = gatewayz(*asked, "fault/billing-no-credit", **key).stdout

    assert "Spent: cost unknown for 1 call, " in well
    assert "repeat" not in failed.split("Spent: ")[0]
    assert "Spent: " in failed


def test_several_say_what_they_took_together_and_what_a_cap_left_out(gatewayz, groq):
    done = gatewayz(
        "probe", groq["GROQ_BASE_URL"], "-m", MODEL, "--probe", "chat,streaming,fresh_answer",
        "--max-calls", "2", OPENAI_API_KEY=groq["GROQ_API_KEY"],
    )  # fmt: skip
    words = " ".join(done.stdout.split())

    assert "Spent: cost unknown for 2 calls, " in words
    assert "Left out to keep to the cap: 1 case not sent" in words
    assert done.stdout.splitlines()[-1].startswith("2/2 probes passed")


def test_accounts_of_one_ledger_are_told_once_and_what_each_saw_is_put_together():
    first = Spend(
        calls=1, unpriced=("g/a",), left_out=NotSent(cases=1), overruns={"g": "first"},
        audits=(audit(odd=1),),
    )  # fmt: skip
    last = Spend(
        calls=3, unpriced=("g/a",), left_out=NotSent(tries=2), overruns={"g": "again"},
        audits=(audit(answers=2),),
    )  # fmt: skip

    found = spent_together([first, last])

    assert (found.calls, found.unpriced) == (3, ("g/a",))
    assert found.left_out == NotSent(cases=1, tries=2)
    assert found.overruns == {"g": "first"}
    assert found.audits == (audit(answers=3, odd=1, reported_usd=2.0, least_usd=4.0, most_usd=6.0),)
    assert spent_together([]) is None


def test_json_has_what_the_questions_took(gatewayz, groq):
    done = gatewayz(
        "probe", groq["GROQ_BASE_URL"], "-m", MODEL, "--format", "json",
        OPENAI_API_KEY=groq["GROQ_API_KEY"],
    )  # fmt: skip

    assert json.loads(done.stdout)["spend"]["calls"] == 1
