"""A comparison on a terminal and as JSON."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gatewayz.core import Case, Model, Observation, Outcome, Price, Run, Verdict
from gatewayz.core.failures import failure
from gatewayz.core.quarantine import Quarantine, Quarantined
from gatewayz.core.text import display_width
from gatewayz.measure import Shift
from gatewayz.measure.comparison import Comparison, Pace, compare
from gatewayz.measure.questions import Question, asked_in
from gatewayz.reports._comparison import comparison_document, comparison_lines

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
OUTCOMES = {"P": Outcome.PASSED, "F": Outcome.FAILED, "u": Outcome.UNKNOWN}


def side(asked, *, gateway="groq", way="direct"):
    """One side from {(model, probe): "PF"}."""
    verdicts = [
        Verdict(
            observation=Observation(
                case=Case(
                    gateway=gateway, way=way, probe=probe,
                    model=model if isinstance(model, Model) else Model(id=model),
                )
            ),
            outcome=OUTCOMES[letter],
            failure=failure("rate-limit", "") if letter == "F" else None,
            reason="the network was away" if letter == "u" else "",
        )
        for (model, probe), letters in asked.items()
        for letter in letters
    ]  # fmt: skip
    return asked_in([Run(id="run", started_at=NOON, verdicts=tuple(verdicts))])


def lines_of(before, after, **more):
    return comparison_lines(compare(side(before, **more), side(after, **more)), width=78)


def test_each_kind_of_change_has_its_head_and_the_total_comes_last():
    before = {("a", "chat"): "P", ("b", "chat"): "F", ("c", "chat"): "PP", ("d", "chat"): "P",
              ("e", "chat"): "P", ("f", "chat"): "P"}  # fmt: skip
    after = {("a", "chat"): "F", ("b", "chat"): "P", ("c", "chat"): "PF", ("d", "chat"): "u",
             ("f", "chat"): "P", ("g", "chat"): "F"}  # fmt: skip

    assert lines_of(before, after) == [
        "Broke:",
        "  groq / a / chat: rate-limit, rate limit",
        "",
        "Healed:",
        "  groq / b / chat: passes, was rate-limit",
        "",
        "Flaky:",
        "  groq / c / chat: rate-limit, rate limit; passed 1 of 2, was 2 of 2",
        "",
        "Could not be judged:",
        "  groq / d / chat: the network was away",
        "",
        "New:",
        "  groq / g / chat: fails: rate-limit, rate limit",
        "",
        "Gone:",
        "  groq / e / chat: not asked any more",
        "",
        "TOTAL: 4 judged on both sides: 1 unchanged, 1 broke, 1 healed, 1 flaky,",
        "  1 not judged, 1 new, 1 gone",
    ]


def test_what_is_alike_of_many_models_and_probes_is_said_once():
    asked = [(f"m{n}", probe) for n in range(50) for probe in ("chat", "streaming")]

    lines = lines_of(dict.fromkeys(asked, "P"), dict.fromkeys(asked, "F"))

    assert lines[:2] == [
        "Broke:",
        "  groq / m0, m1, m2 and 47 more / chat, streaming: rate-limit, rate limit",
    ]
    assert "100 broke" in lines[-1]


def test_a_long_list_is_cut_and_says_so():
    before = {(f"m{n}", "chat"): "P" * (n + 2) for n in range(30)}
    after = {(f"m{n}", "chat"): "F" * (n + 2) for n in range(30)}

    lines = lines_of(before, after)

    assert sum(line.startswith("  groq") for line in lines) == 20
    assert "  and 10 more (--format json has them all)" in lines


def a_pace(told="slower", p_adjusted=0.001):
    return Pace(
        question=Question("groq", "api", "a", "streaming"), metric="ttft", before=0.21, after=0.4804,
        count_before=12, count_after=9, floor=0.05, told=told, p_adjusted=p_adjusted,
        shift=Shift(0.27, 0.2, None, 0.0005, 0.9, 9, True),
    )  # fmt: skip


def test_a_shift_of_times_is_told_with_its_interval_and_counts():
    found = Comparison(paces=(a_pace(), a_pace("too few", None), a_pace("no difference seen")))

    assert comparison_lines(found, width=78) == [
        "Slower:",
        "  groq (api) / a / streaming: time to first token 480 ms, was 210 ms (+270,",
        "    95% interval +200 to n/a, n = 9 and 12)",
        "",
        "TOTAL: 0 judged on both sides: 0 unchanged",
        "SPEED: 1 slower, 1 no difference seen,",
        "  1 with too few timed answers (5 on each side are needed to tell all 3)",
    ]


def test_another_price_and_context_are_told():
    cheap = Model(id="a", context_tokens=8192, price=Price(0.1, 0.2))
    dear = Model(id="a", price=Price(0.1, 12))

    lines = lines_of({(cheap, "chat"): "P"}, {(dear, "chat"): "P"})

    assert lines[0] == "Listed otherwise:"
    assert " ".join(lines[1:3]).split() == [
        "groq",
        "/",
        "a:",
        "$0.10/$12",
        "per",
        "million",
        "tokens",
        "in",
        "and",
        "out,",
        "was",
        "$0.10/$0.20;",
        "context",
        "unknown,",
        "was",
        "8,192",
    ]


def test_hostile_names_are_shown_and_not_obeyed(hostile):
    lines = lines_of({(hostile, hostile): "P"}, {(hostile, hostile): "F"}, gateway=hostile)

    assert "\x1b" not in "".join(lines)
    assert "\u202e" not in "".join(lines)


def test_lines_fit_the_width():
    before = {(f"a-model-of-some-length-{n}", f"probe_{n}"): "P" for n in range(15)}

    lines = comparison_lines(compare(side(before), side(dict.fromkeys(before, "F"))), width=60)

    assert max(map(display_width, lines)) <= 60


def test_the_document_is_strict_json_with_every_change_and_every_time():
    changed = compare(side({("a", "chat"): "P"}), side({("a", "chat"): "FF"}))
    found = Comparison(changes=changed.changes, paces=(a_pace("too few", None),))

    document = json.loads(json.dumps(comparison_document(found, run="b"), allow_nan=False))

    (change,) = document["changes"]
    (speed,) = document["speed"]
    assert (document["schema"], document["run"]) == ("gatewayz/comparison/1", "b")
    assert (change["kind"], change["model"], change["after"]["failed"]) == ("broke", "a", 2)
    assert (speed["metric"], speed["way"], speed["told"]) == ("ttft", "api", "too few")
    assert speed["shift"]["high"] is None
    assert speed["p_adjusted"] is None


def test_what_changes_no_exit_code_for_it_is_in_quarantine_says_so_and_is_counted():
    entry = Quarantined(
        gateway="groq", model="a", reason="ticket 7", until=NOON + timedelta(days=3)
    )
    apart = Quarantine((entry,), NOON)
    before = {("a", "chat"): "P", ("a", "tools"): "F", ("b", "chat"): "P"}
    changed = compare(side(before), side({("a", "chat"): "F", ("a", "tools"): "P", ("b", "chat"): "F"}))  # fmt: skip
    found = replace(changed, paces=(a_pace(),))

    lines = comparison_lines(found, width=78, apart=apart)
    document = json.loads(json.dumps(comparison_document(found, apart=apart)))

    told = " ".join(lines).split()
    words = "in quarantine until 2026-03-04: ticket 7"
    assert f"groq / a / chat: rate-limit, rate limit; {words} groq / b" in " ".join(told)
    assert "  groq / b / chat: rate-limit, rate limit" in lines
    assert "  groq / a / tools: passes, was rate-limit" in lines
    assert " ".join(lines).count("in quarantine until") == 2
    assert lines[-3:] == [
        "TOTAL: 3 judged on both sides: 0 unchanged, 2 broke (1 in quarantine),",
        "  1 healed",
        "SPEED: 1 slower (1 in quarantine)",
    ]
    kept = {"until": "2026-03-04T12:00:00.000000Z", "reason": "ticket 7"}
    assert document["in_quarantine"] == 2
    assert [(c["model"], c["probe"], c["quarantine"]) for c in document["changes"]] == [
        ("a", "chat", kept), ("a", "tools", kept), ("b", "chat", None),
    ]  # fmt: skip
    assert document["speed"][0]["quarantine"] == kept
