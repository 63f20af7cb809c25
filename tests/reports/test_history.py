"""The past of models on a terminal and as JSON."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gatewayz.core import Outcome, RunStatus
from gatewayz.core.past import Past, PastRun, PastVerdict, QuestionPast
from gatewayz.core.text import display_width
from gatewayz.reports._history import history_document, history_lines

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
OUTCOMES = {"P": Outcome.PASSED, "F": Outcome.FAILED, "u": Outcome.UNKNOWN}


def run_of(day):
    started = NOON + timedelta(days=day)
    return PastRun(
        id=f"{started:%Y%m%d-%H%M%S}-abc123", started_at=started, status=RunStatus.FINISHED
    )


def past_of(questions, *, gateway="groq", way="direct"):
    """A past from {(model, probe): "P F PF ..."}, a word for each run, the oldest first."""
    days = max(len(text.split()) for text in questions.values())
    verdicts, told = [], []
    for (model, probe), text in questions.items():
        place = {"gateway": gateway, "way": way, "model": model, "probe": probe}
        runs = dict(enumerate(text.split()))
        for day, letters in runs.items():
            verdicts += [
                PastVerdict(
                    run_id=run_of(day).id, outcome=OUTCOMES[letter],
                    label="rate-limit" if letter == "F" else "", **place,
                )
                for letter in letters.replace("-", "")
            ]  # fmt: skip
        good = [day for day, letters in runs.items() if "P" in letters]
        last = max(good, default=-1)
        bad = [day for day, letters in runs.items() if "F" in letters and day > last]
        told.append(
            QuestionPast(
                first_seen=run_of(0), last_passed=run_of(last) if good else None,
                fails_since=run_of(bad[0]) if bad else None, failing_runs=len(bad),
                passed=text.count("P"), failed=text.count("F"), **place,
            )
        )  # fmt: skip
    runs = tuple(run_of(day) for day in reversed(range(days)))
    return Past(runs=runs, verdicts=tuple(verdicts), questions=tuple(told))


@pytest.fixture(autouse=True)
def _in_utc(monkeypatch):
    import time

    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_one_model_has_a_mark_for_each_run_and_its_states_in_words():
    past = past_of({("llama-3", "chat"): "P P P", ("llama-3", "streaming"): "P F F",
                    ("llama-3", "tools"): "P PF P", ("llama-3", "vision"): "u u u"})  # fmt: skip

    assert history_lines(past, width=78) == [
        "groq/llama-3: first seen 2026-03-01 12:00 UTC",
        "",
        "run                     started               chat  streaming  tools  vision",
        "20260303-120000-abc123  2026-03-03 12:00 UTC  ✓     ✗          ✓      ?",
        "20260302-120000-abc123  2026-03-02 12:00 UTC  ✓     ✗          ~      ?",
        "20260301-120000-abc123  2026-03-01 12:00 UTC  ✓     ✓          ✓      ?",
        "  ✓ works   ✗ fails   ~ sometimes works   ? unknown",
        "",
        "  chat: works",
        "  streaming: fails since 2026-03-02 12:00 UTC (2 runs), rate-limit; last",
        "    passed 2026-03-01 12:00 UTC",
        "  tools: flaky, failed 1 of 4 times; last passed 2026-03-03 12:00 UTC",
        "  vision: never judged",
    ]


def test_several_models_are_counted_and_only_what_does_not_work_is_named():
    past = past_of({("a", "chat"): "P P P", ("b", "chat"): "P - F", ("c", "chat"): "u u u",
                    ("d", "chat"): "F P F"})  # fmt: skip

    lines = history_lines(past, width=78)

    assert lines[0].startswith("groq, 4 models")
    assert lines[3:7] == [
        "20260303-120000-abc123  2026-03-03 12:00 UTC  1/3",
        "20260302-120000-abc123  2026-03-02 12:00 UTC  2/2",
        "20260301-120000-abc123  2026-03-01 12:00 UTC  2/3",
        "  passed/judged",
    ]
    assert [line for line in lines[7:] if " / " in line] == [
        "  b / chat: fails since 2026-03-03 12:00 UTC (1 run), rate-limit; last passed",
        "  c / chat: never judged",
        "  d / chat: flaky, fails since 2026-03-03 12:00 UTC (1 run), rate-limit; last",
    ]


def test_many_probes_stand_under_letters_and_in_several_tables_of_80_columns():
    probes = [f"a_probe_{n}" for n in range(25)]
    past = past_of({("m" * 90, probe): "P F" for probe in probes})

    lines = history_lines(past, width=78)

    assert all(display_width(line) <= 78 for line in lines if "m" * 90 not in line)
    assert sum(line.startswith("run ") for line in lines) == 2
    assert any("a a_probe_0" in line for line in lines)


def test_a_terminal_without_the_signs_gets_letters():
    lines = history_lines(past_of({("a", "chat"): "P F"}), width=78, unicode=False)

    assert "\n".join(lines).isascii()


def test_both_ways_have_their_own_tables():
    direct, api = (past_of({("a", "chat"): "P P"}, way=way) for way in ("direct", "api"))
    both = Past(
        runs=direct.runs,
        verdicts=direct.verdicts + api.verdicts,
        questions=direct.questions + api.questions,
    )

    titles = [line for line in history_lines(both, width=78) if "first seen" in line]

    assert titles == [
        "groq/a (direct): first seen 2026-03-01 12:00 UTC",
        "groq/a (through the API): first seen 2026-03-01 12:00 UTC",
    ]


def test_hostile_names_are_shown_and_not_obeyed(hostile):
    past = past_of({(hostile, "chat"): "P F", ("b", hostile): "F F"}, gateway=hostile)

    told = "\n".join(history_lines(past, width=78))

    assert "\x1b" not in told
    assert "\u202e" not in told


def test_the_document_has_every_question_with_its_outcomes():
    document = history_document(past_of({("a", "chat"): "P PF F", ("b", "chat"): "P P P"}))

    first, second = document["questions"]
    assert document["schema"] == "gatewayz/history/1"
    assert document["runs"][0]["started_at"] == "2026-03-03T12:00:00.000000Z"
    assert (first["flaky"], first["last_failure"]) == (True, "rate-limit")
    assert first["outcomes"]["20260302-120000-abc123"] == ["passed", "failed"]
    assert (second["flaky"], second["fails_since"]) == (False, None)


def with_taken_over(past, *, of_first):
    """The same past, in which all runs but the oldest took over what the first ones of a question had."""
    first = past.runs[-1].id
    verdicts = [
        replace(v, taken_from=first if v.run_id != first and v.model in of_first else "")
        for v in past.verdicts
    ]
    return replace(past, verdicts=tuple(verdicts))


def test_what_a_run_took_over_has_a_sign_of_its_own_which_is_explained():
    past = with_taken_over(past_of({("a", "chat"): "P P P"}), of_first=["a"])

    assert history_lines(past, width=78)[3:8] == [
        "20260303-120000-abc123  2026-03-03 12:00 UTC  =",
        "20260302-120000-abc123  2026-03-02 12:00 UTC  =",
        "20260301-120000-abc123  2026-03-01 12:00 UTC  ✓",
        "  ✓ works",
        "  = taken over from an earlier run, not asked again",
    ]


def test_of_several_models_those_that_were_taken_over_are_counted_beside_the_judged():
    past = with_taken_over(
        past_of({("a", "chat"): "P P", ("b", "chat"): "P P", ("c", "chat"): "P F"}),
        of_first=["a", "b"],
    )

    assert history_lines(past, width=78)[3:7] == [
        "20260302-120000-abc123  2026-03-02 12:00 UTC  0/1 =2",
        "20260301-120000-abc123  2026-03-01 12:00 UTC  3/3",
        "  passed/judged",
        "  =N taken over from an earlier run, not asked again",
    ]


def test_a_pass_that_was_taken_over_makes_nothing_flaky_and_is_told_in_the_document():
    runs = past_of({("a", "chat"): "F P F"})
    past = with_taken_over(runs, of_first=[])
    middle = past.runs[1].id
    verdicts = [replace(v, taken_from="old" * (v.run_id == middle)) for v in past.verdicts]
    taken = replace(past, verdicts=tuple(verdicts))

    (question,) = history_document(taken)["questions"]

    assert history_document(runs)["questions"][0]["flaky"] is True
    assert question["flaky"] is False
    assert question["outcomes"][middle] == ["passed"]
    assert question["taken_from"] == {middle: ["old"]}


def test_what_was_asked_in_no_run_that_is_kept_says_so():
    past = with_taken_over(past_of({("a", "chat"): "P P"}), of_first=["a"])
    (only,) = past.questions
    left = replace(
        past,
        runs=past.runs[:1],
        verdicts=past.verdicts[1:],
        questions=(replace(only, first_seen=None, last_passed=None, passed=0),),
    )

    lines = history_lines(left, width=78)

    assert lines[0] == "groq/a: asked in no run that is kept"
    assert lines[-1] == "  chat: asked in no run that is kept"
    assert history_document(left)["questions"][0]["first_seen"] is None
