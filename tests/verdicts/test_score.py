"""The arithmetic of the matrix: what counts as detected, as the right name, as a false alarm."""

import shlex
from random import Random

import pytest
from benchmarks.verdicts.__main__ import command_of, healthy_picks
from benchmarks.verdicts.modes import NOT_APPLICABLE, modes, showing
from benchmarks.verdicts.page import page, unmet
from benchmarks.verdicts.score import Sighting, missing, score, too_few
from benchmarks.verdicts.traffic import wanted_of

from gatewayz.core import (
    Attempt,
    Case,
    ErrorBody,
    Observation,
    Occasion,
    Outcome,
    Reply,
    Verdict,
)
from gatewayz.core.kinds import KINDS
from gatewayz.gateways import known_gateways
from gatewayz.probes import PROBES
from gatewayz.simulator import DOORS, all_faults

PASSED, FAILED = Outcome.PASSED, Outcome.FAILED


def sighting(mode="", *names, outcome=FAILED, wanted=FAILED, way="direct"):
    return Sighting(mode=mode, way=way, probe="chat", names=names, outcome=outcome, wanted=wanted)


def test_only_the_primary_name_counts_for_a_failure_and_any_for_a_warning():
    failure = sighting("server-500-json", "overloaded", "server-500-json")
    warning = sighting("usage-zero", "answer-differs", "usage-zero", outcome=PASSED, wanted=PASSED)

    assert not failure.right_name
    assert not failure.right_class
    assert warning.right_name


def test_a_class_without_a_name_counts_as_a_class():
    seen = sighting("server-500-json", "(server-error)")

    assert seen.right_class
    assert not seen.right_name


def test_a_pass_without_a_word_is_not_detected_and_a_word_over_a_sound_answer_is_an_alarm():
    missed = sighting("usage-zero", outcome=PASSED, wanted=PASSED)
    alarm = sighting("", "usage-zero", outcome=PASSED, wanted=PASSED)

    result = score([missed, alarm, sighting("", outcome=PASSED, wanted=PASSED)])

    assert result.share("detected") == 0
    assert (result.healthy, result.false_alarms) == (2, 1)


def test_shares_over_nothing_are_nothing_and_miss_the_aim():
    assert score([]).share("right_name") is None
    assert unmet(score([]))


def test_a_mode_that_was_planted_too_seldom_is_named():
    result = score([sighting("server-500-json", "server-500-json")])

    assert missing(result, [("server-500-json", "direct")], 1) == []
    assert "overloaded (api)" in missing(result, [("overloaded", "api")], 1)[0]


def test_every_mode_can_be_shown_by_probes_and_faults_that_exist():
    for mode in modes():
        how = showing(mode)
        assert set(how.probes) <= set(PROBES), mode
        assert how.where == "here" or mode in {*all_faults(), *DOORS}, mode
    assert {mode for mode, _ in NOT_APPLICABLE} <= set(KINDS)


def test_the_page_tells_each_mode_and_why_some_do_not_apply():
    result = score([sighting("server-500-json", "overloaded")])

    text = page(result, not_applicable=NOT_APPLICABLE, seed=1, command="make verdicts")

    assert "| `server-500-json` | server-error | direct | 1 | all |" in text
    assert "overloaded (1)" in text
    assert "`duplicate-ids`, api" in text


def test_fewer_healthy_answers_than_were_wanted_are_told():
    result = score([sighting("", outcome=PASSED, wanted=PASSED)] * 3)

    assert too_few(result, 3) == []
    assert too_few(result, 4) == ["healthy answers: 3 were judged, 4 are wanted"]


def test_every_healthy_answer_that_is_planned_can_be_judged():
    """Its model's id stands in the simulator's log, and its place takes what it asks."""
    gateways = known_gateways({})
    picks = healthy_picks(500, Random(1), gateways)

    assert len(picks) == 500
    for pick in picks:
        asked = PROBES[pick.probe].request(Occasion())
        assert asked.must_refuse is None, pick.probe
        assert not asked.fields_beyond() & gateways[pick.place].quirks.never_send


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("", "make verdicts"),
        ("--verbose", "make verdicts"),
        ("--verbose --seed 7", 'make verdicts ARGS="--seed 7"'),
        ("--only 'auth-*' --times 2", "make verdicts ARGS=\"--only 'auth-*' --times 2\""),
    ],
)
def test_the_page_names_the_command_that_makes_it_again(given, told):
    assert command_of(shlex.split(given)) == told


@pytest.mark.parametrize(
    ("told", "finish", "wanted"),
    [
        (True, "", Outcome.FAILED),
        (True, "error", Outcome.FAILED),
        (True, "stop", Outcome.PASSED),
        (False, "", Outcome.PASSED),
    ],
)
def test_half_an_answer_before_an_error_is_none(told, finish, wanted):
    error = ErrorBody(message="slow down", in_band=True) if told else None
    reply = Reply(text="Test ", finish_reason=finish)
    attempts = (Attempt(status=200, reply=reply, error=error),)
    seen = Observation(case=Case(gateway="g", probe="streaming"), attempts=attempts)

    assert wanted_of("rate-limit-in-200", Verdict(observation=seen, outcome=wanted)) is wanted
