"""What broke, healed, slowed, and what is merely flaky."""

import math
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from math import comb
from statistics import NormalDist

import pytest

from gatewayz.core import (
    CATALOG_PROBE,
    Attempt,
    Case,
    Culprit,
    Model,
    Observation,
    Outcome,
    Price,
    Reply,
    Run,
    Timing,
    Usage,
    Verdict,
)
from gatewayz.core.failures import failure
from gatewayz.measure.comparison import compare
from gatewayz.measure.questions import asked_in
from gatewayz.measure.shares import Share, chance_of_so_many_failures

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
OUTCOMES = {"P": Outcome.PASSED, "F": Outcome.FAILED, "u": Outcome.UNKNOWN, "s": Outcome.SKIPPED}


def verdict(
    letter, model="a", *, gateway="groq", probe="chat", kind="rate-limit", ttft_s=None,
    latency_s=1.0, **more,
):  # fmt: skip
    listed = model if isinstance(model, Model | None) else Model(id=model)
    streamed = ttft_s is not None
    attempt = Attempt(
        status=200,
        streamed=streamed,
        reply=Reply(text="one two", usage=Usage(output_tokens=9)),
        timing=Timing(first_token_s=ttft_s, last_content_s=latency_s, last_byte_s=latency_s,
                      total_s=latency_s, chunk_count=1 if streamed else 0, **more),
    )  # fmt: skip
    outcome = OUTCOMES[letter]
    failed = outcome in (Outcome.FAILED, Outcome.UNKNOWN)
    return Verdict(
        observation=Observation(
            case=Case(gateway=gateway, probe=probe, model=listed), attempts=(attempt,)
        ),
        outcome=outcome,
        failure=failure(kind, "") if failed else None,
        reason="not offered" if letter == "s" else "",
    )


def run_of(*verdicts, id="run", day=0, plan=()):
    return Run(id=id, started_at=NOON + timedelta(days=day), verdicts=verdicts, plan=plan)


def compared(before, after, **options):
    """The comparison of two runs, each given as {model: "PFP"}, a letter a repeat."""
    sides = [
        run_of(*(verdict(letter, model) for model, letters in side.items() for letter in letters))
        for side in (before, after)
    ]
    return compare(asked_in(sides[:1]), asked_in(sides[1:]), **options)


def kinds(found):
    return {change.question.model: change.kind for change in found.changes}


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("P", "P", None),
        ("F", "F", None),
        ("P", "F", "broke"),
        ("F", "P", "healed"),
        ("PPP", "FFF", "broke"),
        ("P", "PF", "flaky"),  # both outcomes over the repeats
        ("PF", "F", "flaky"),
        ("PF", "P", "flaky"),
        ("PPF", "FFFFF", "flaky"),  # 1 of 3 failed before: five in a row happen by chance (0.11)
        ("PPF", "F" * 20, "broke"),  # twenty do not (0.01)
        ("P" * 20, "P" + "F" * 10, "broke"),
        ("F" * 20, "F" + "P" * 10, "healed"),
        ("P" * 167 + "F", "F", "broke"),  # one failure in a week makes another no news: 2 of 169
        ("P" * 9 + "F", "F", "flaky"),  # one in ten does: 2 of 11
        ("P", "u", "not judged"),
        ("F", "u", "not judged"),
        ("P", "s", "gone"),
        ("s", "s", None),
        ("u", "u", None),
        ("s", "P", "new"),
        ("u", "F", "new"),
        ("Pu", "F", "broke"),  # what was not judged counts for nothing
    ],
)
def test_each_pair_of_outcomes_has_its_name(before, after, kind):
    assert kinds(compared({"a": before}, {"a": after})).get("a") == kind


@pytest.mark.parametrize("kind", ["auth-bad-key", "billing-no-credit", "dns-failure"])
def test_what_fails_on_our_own_side_could_not_be_judged(kind):
    """A refused key, an empty account, a line that is down: none of it is the gateway's fall, or its rise."""
    ours = verdict("F", "a", kind=kind)
    if kind == "dns-failure":  # as a run says it that found nobody else's either
        ours = replace(ours, failure=replace(ours.failure, culprit=Culprit.NETWORK))
    well = asked_in([run_of(verdict("P", "a"))])

    (now,) = compare(well, asked_in([run_of(ours)])).changes
    (then,) = compare(asked_in([run_of(ours)]), well).changes

    assert (now.kind, then.kind) == ("not judged", "new")
    assert now.after.reason.startswith(f"{kind}, ")


def test_a_request_that_was_taken_before_and_is_refused_now_broke():
    before, after = verdict("P", "a"), verdict("F", "a", kind="validation-422")
    after = replace(after, failure=replace(after.failure, culprit=Culprit.PROBE))

    assert kinds(compare(asked_in([run_of(before)]), asked_in([run_of(after)]))) == {"a": "broke"}


def by_chance(seed, *, models, runs, share, gateways=1):
    """What runs before and one now find of models that each fail so often, whatever goes on."""
    drawn = random.Random(seed)

    def letters(count):
        return "".join("F" if drawn.random() < share else "P" for _ in range(count))

    found = [(f"gw{n % gateways}", f"m{n}", letters(runs), letters(1)) for n in range(models)]
    before = run_of(*(verdict(x, m, gateway=g) for g, m, old, _ in found for x in old))
    after = run_of(*(verdict(x, m, gateway=g) for g, m, _, new in found for x in new))
    return before, after


@pytest.mark.parametrize("seed", range(5))
def test_among_many_that_fail_now_and_then_as_before_none_broke_by_chance(seed):
    before, after = by_chance(seed, models=300, runs=160, share=0.01, gateways=6)
    found = compare(asked_in([before]), asked_in([after]))

    failed = [one for one in found.changes if one.after.failed]
    assert failed
    # Of one that never failed before it is said by what happened, and not by chance.
    assert not [one for one in found.of_kind("broke") if one.before.failed]


@pytest.mark.parametrize("gateways", [1, 3, 14])
def test_that_all_is_down_everywhere_is_not_hidden_by_how_many_gateways_there_are(gateways):
    names = [f"gw{n}" for n in range(gateways)]
    before = [verdict(x, "m", gateway=name) for name in names for x in "PPFPP"]
    after = [verdict("F", "m", gateway=name) for name in names for _ in range(5)]
    found = compare(asked_in([run_of(*before)]), asked_in([run_of(*after)]))

    assert len(found.of_kind("broke")) == gateways


def test_what_stands_beside_a_fall_does_not_fall_with_it():
    before = [verdict(x, f"m{n}") for n in range(30) for x in "P" * 99 + "F"]
    before += [verdict(x, "beside", gateway="other") for x in "P" * 99 + "F"]
    before += [verdict(x, f"n{n}", gateway="other") for n in range(60) for x in "P" * 99 + "F"]
    after = [verdict("F", f"m{n}") for n in range(30)] + [verdict("F", "beside", gateway="other")]
    after += [verdict("P", f"n{n}", gateway="other") for n in range(60)]
    found = compare(asked_in([run_of(*before)]), asked_in([run_of(*after)]))

    assert {one.question.gateway for one in found.of_kind("broke")} == {"groq"}


def test_many_repeats_that_fail_on_our_own_side_could_not_be_judged_though_one_passed():
    def ours(count):
        return [verdict("F", "a", kind="billing-no-credit") for _ in range(count)]

    before = asked_in([run_of(*(verdict("P", "a") for _ in range(5)))])
    many = run_of(verdict("P", "a"), *ours(4))
    one = run_of(*(verdict("P", "a") for _ in range(4)), *ours(1))

    assert kinds(compare(before, asked_in([many]))) == {"a": "not judged"}
    assert kinds(compare(before, asked_in([one]))) == {}


def test_what_always_fails_hides_no_fall_beside_it():
    before = [verdict("F", f"out{n}") for n in range(20) for _ in range(167)]
    before += [verdict(x, f"m{n}") for n in range(5) for x in "P" * 166 + "F"]
    after = [verdict("F", f"out{n}") for n in range(20)] + [verdict("F", f"m{n}") for n in range(5)]
    found = compare(asked_in([run_of(*before)]), asked_in([run_of(*after)]))

    assert {one.question.model for one in found.of_kind("broke")} == {f"m{n}" for n in range(5)}


def test_a_gateway_that_fails_wholly_broke_however_few_its_models_are_and_often_they_failed():
    others = [verdict("P", "x", gateway="other") for _ in range(5)]
    before = [verdict(x, f"m{n}") for n in range(3) for x in "PPFPP"]
    after = [verdict("F", f"m{n}") for n in range(3) for _ in range(5)]
    found = compare(asked_in([run_of(*before, *others)]), asked_in([run_of(*after, *others)]))

    assert {one.question.model for one in found.of_kind("broke")} == {"m0", "m1", "m2"}


@pytest.mark.parametrize("fallen", [50, 6])
def test_the_fall_of_a_gateway_or_of_some_of_its_models_is_not_hidden_by_how_many_there_are(fallen):
    before, after = by_chance(7, models=300, runs=160, share=0.01, gateways=6)
    rest = [one for one in after.verdicts if one.observation.case.gateway != "gw0"]
    of_it = [f"m{n}" for n in range(0, 300, 6)]
    now = [
        verdict("F" if at < fallen else "P", model, gateway="gw0") for at, model in enumerate(of_it)
    ]
    found = compare(asked_in([before]), asked_in([run_of(*rest, *now)]))

    broke = {one.question.model for one in found.of_kind("broke")}
    few_before = [
        model
        for model in of_it[:fallen]
        if sum(
            v.outcome is Outcome.FAILED
            for v in before.verdicts
            if v.observation.case.model.id == model
        )
        <= 3
    ]
    assert set(few_before) <= broke


def test_a_failure_of_another_name_is_told_apart_from_the_same_one():
    before = run_of(verdict("F", "a", kind="rate-limit"), verdict("F", "b", kind="rate-limit"))
    after = run_of(verdict("F", "a", kind="server-500-json"), verdict("F", "b", kind="rate-limit"))

    found = compare(asked_in([before]), asked_in([after]))

    (change,) = found.changes
    assert (change.kind, change.question.model) == ("fails otherwise", "a")
    assert (change.before.label, change.after.label) == ("rate-limit", "server-500-json")
    assert (found.same, found.judged_on_both) == (1, 2)


def test_models_come_and_go():
    found = compared({"a": "P", "gone": "P"}, {"a": "P", "new": "F"})

    assert kinds(found) == {"new": "new", "gone": "gone"}
    assert (found.same, found.judged_on_both) == (1, 1)


def test_what_a_stopped_run_did_not_come_to_is_not_gone():
    before = run_of(verdict("P", "a"), verdict("P", "b"))
    plan = tuple(one.observation.case for one in before.verdicts)
    after = run_of(verdict("P", "a"), plan=plan)

    found = compare(asked_in([before]), asked_in([after]))

    assert kinds(found) == {"b": "not judged"}


def test_what_a_run_was_to_ask_and_did_not_send_is_not_gone():
    before = run_of(verdict("P", "a"), verdict("P", "b"))
    after = run_of(
        verdict("F", "a"), replace(verdict("s", "b"), reason="not sent: the key was refused")
    )

    assert kinds(compare(asked_in([before]), asked_in([after]))) == {
        "a": "broke",
        "b": "not judged",
    }


def test_a_model_list_that_broke_is_one_change_and_its_models_go_with_it():
    before = run_of(verdict("P", "a"), verdict("F", "b"))
    after = run_of(verdict("F", None, probe=CATALOG_PROBE, kind="html-with-200"))

    (broke,) = compare(asked_in([before]), asked_in([after])).changes
    (healed,) = compare(asked_in([after]), asked_in([before])).changes

    assert (broke.kind, broke.question.is_a_list, broke.models) == ("broke", True, 2)
    assert broke.after.label == "html-with-200"
    assert (healed.kind, healed.models) == ("healed", 2)


def test_a_gateway_that_is_not_asked_any_more_is_one_change_with_its_reason():
    before = run_of(verdict("P", "a"), verdict("P", "b"))
    after = run_of(verdict("s", None, probe=CATALOG_PROBE))

    (change,) = compare(asked_in([before]), asked_in([after])).changes

    assert (change.kind, change.models, change.after.reason) == ("gone", 2, "not offered")


def test_several_runs_make_one_side():
    week = [run_of(verdict("P", "a"), verdict("F" if day == 3 else "P", "b"), day=day, id=f"{day}")
            for day in range(7)]  # fmt: skip
    found = compare(asked_in(week), asked_in([run_of(verdict("F", "a"), verdict("F", "b"))]))

    by_model = {change.question.model: change for change in found.changes}
    assert by_model["a"].kind == "broke"
    assert (by_model["a"].before.passed, by_model["a"].after.failed) == (7, 1)
    assert by_model["b"].kind == "flaky"
    assert by_model["b"].by_chance == pytest.approx(2 / 8)


def test_fishers_exact_test_agrees_with_counting_every_arrangement():
    for passed_before, failed_before, passed_after, failed_after in (
        (3, 1, 1, 3), (5, 0, 2, 3), (2, 2, 2, 2), (0, 3, 4, 0), (6, 1, 0, 1),
    ):  # fmt: skip
        total = passed_before + failed_before + passed_after + failed_after
        failed, of_after = failed_before + failed_after, passed_after + failed_after
        ways = [
            sum(place < failed for place in chosen)
            for chosen in combinations(range(total), of_after)
        ]
        share = sum(count >= failed_after for count in ways) / comb(total, of_after)

        found = chance_of_so_many_failures(
            Share(passed_before, failed_before), Share(passed_after, failed_after)
        )
        assert found == pytest.approx(share)


def timed(*times, model="a", **more):
    return [verdict("P", model, ttft_s=seconds, **more) for seconds in times]


def spread(middle, count=12, *, seed=1):
    rng = random.Random(seed)
    return [middle * rng.uniform(0.9, 1.1) for _ in range(count)]


def paces(before, after, **options):
    found = compare(asked_in([run_of(*before)]), asked_in([run_of(*after)]), **options)
    return {(pace.question.model, pace.metric): pace for pace in found.paces}


def test_a_shift_beyond_the_floor_is_slower_and_the_other_way_round_faster():
    usual, late = spread(0.4, seed=1), spread(0.8, seed=2)

    slower = paces(timed(*usual), timed(*late))["a", "ttft"]
    faster = paces(timed(*late), timed(*usual))["a", "ttft"]

    assert (slower.told, faster.told) == ("slower", "faster")
    assert slower.shift.low > 0.3
    assert slower.p_adjusted < 0.001
    assert (slower.count_before, slower.count_after) == (12, 12)


def test_a_shift_below_the_floor_is_none_however_sure():
    usual = spread(1.0, 200, seed=1)
    late = [seconds * 1.1 for seconds in spread(1.0, 200, seed=2)]

    assert paces(timed(*usual), timed(*late))["a", "ttft"].told == "no difference seen"
    assert paces(timed(*usual), timed(*late), floor=0.05)["a", "ttft"].told == "slower"


def test_a_few_milliseconds_are_nothing_whatever_their_share():
    usual, late = spread(0.01, 50, seed=1), spread(0.03, 50, seed=2)

    assert paces(timed(*usual), timed(*late))["a", "ttft"].told == "no difference seen"


def test_four_answers_tell_nothing_and_five_do():
    few = paces(timed(*[0.1] * 4), timed(*[0.9] * 9))["a", "ttft"]
    enough = paces(timed(*[0.1] * 5), timed(*[0.9] * 9))["a", "ttft"]

    assert (few.told, few.p_adjusted) == ("too few", None)
    assert enough.told == "slower"


def test_what_no_test_could_tell_among_so_many_is_too_few_and_no_difference_is_denied():
    models = [f"m{n}" for n in range(10)]
    before = [v for name in models for v in timed(*spread(0.1, 5), model=name)]
    after = [v for name in models for v in timed(*spread(0.9, 5), model=name)]
    found = compare(asked_in([run_of(*before)]), asked_in([run_of(*after)]))

    assert {pace.told for pace in found.paces} == {"too few"}
    assert {(pace.p_adjusted, pace.shift.value) for pace in found.paces} == {(None, None)}
    assert found.answers_needed == 6  # 2 / 924 is below 0.05 / 10, and 2 / 252 is not


def test_models_with_too_few_answers_are_no_burden_to_the_others():
    few = [v for n in range(40) for v in timed(*spread(0.1, 5), model=f"m{n}")]
    usual, late = timed(*spread(0.1, 6)), timed(*spread(0.9, 6))

    found = paces([*usual, *few], [*late, *few])
    assert found["a", "ttft"].told == "slower"
    assert found["a", "ttft"].p_adjusted == pytest.approx(2 / 924)
    assert found["m0", "ttft"].told == "too few"


def test_among_many_equal_models_none_is_called_slower_by_chance():
    """Uncorrected, about one in twenty of 200 would be."""
    rng = random.Random(5)
    before, after = (
        [v for n in range(200) for v in timed(*(rng.lognormvariate(0, 0.5) for _ in range(8)), model=f"m{n}")]
        for _ in range(2)
    )  # fmt: skip

    found = paces(before, after, floor=0.01)

    of_ttft = [pace for (_, metric), pace in found.items() if metric == "ttft"]
    assert len(of_ttft) == 200
    assert {pace.told for pace in of_ttft} == {"no difference seen"}
    assert sum(pace.shift.p_value < 0.05 for pace in of_ttft) >= 4


def test_what_our_own_process_held_up_is_no_time_of_the_model():
    late = timed(*spread(0.8), held_up_s=0.4)

    assert paces(timed(*spread(0.4)), late) == {}


def test_whole_answers_are_compared_by_their_latency():
    before = [verdict("P", latency_s=seconds) for seconds in spread(1.0)]
    after = [verdict("P", latency_s=seconds) for seconds in spread(2.0)]

    found = paces(before, after)

    assert {metric: pace.told for (_, metric), pace in found.items()} == {"latency": "slower"}


def test_a_lower_decode_rate_is_slower_however_long_the_answers_are():
    def streamed(rate, tokens):
        text = "word " * tokens
        attempt = Attempt(
            status=200, streamed=True, reply=Reply(text=text, usage=Usage(output_tokens=tokens)),
            timing=Timing(first_token_s=0.2, last_content_s=0.2 + (tokens - 1) / rate,
                          chunk_count=tokens, total_s=9),
        )  # fmt: skip
        seen = replace(verdict("P").observation, attempts=(attempt,))
        return replace(verdict("P"), observation=seen)

    before = [streamed(rate, 50) for rate in spread(100)]
    after = [streamed(rate, 20) for rate in spread(60, seed=2)]

    found = {metric: pace for (_, metric), pace in paces(before, after).items()}

    assert found["decode_rate"].told == "slower"
    assert found["ttft"].told == "no difference seen"


def test_failed_answers_are_not_timed():
    before = timed(*spread(0.4))
    after = [
        replace(one, outcome=Outcome.FAILED, failure=failure("rate-limit", "")) for one in before
    ]

    assert paces(before, after) == {}


def test_another_price_or_context_is_told_once_for_a_model():
    cheap = Model(id="a", context_tokens=8192, price=Price(0.1, 0.2))
    dear = Model(id="a", context_tokens=4096, price=Price(0.1, 0.4))
    before = run_of(verdict("P", cheap), verdict("P", cheap, probe="streaming"))
    after = run_of(verdict("P", dear), verdict("P", dear, probe="streaming"))

    (drift,) = compare(asked_in([before]), asked_in([after])).drifts

    assert (drift.before.price, drift.after.price) == (Price(0.1, 0.2), Price(0.1, 0.4))
    assert compare(asked_in([before]), asked_in([before])).drifts == ()


def test_the_latest_run_of_a_side_says_how_a_model_is_listed():
    old, new = Model(id="a", context_tokens=1), Model(id="a", context_tokens=2)
    runs = [run_of(verdict("P", new), day=2), run_of(verdict("P", old), day=1)]

    for order in (runs, runs[::-1]):
        assert asked_in(order).models["groq", "direct", "a"] == new


def test_a_verdict_that_stands_from_an_earlier_run_counts_once_on_a_side_and_alone_as_itself():
    asked = run_of(verdict("P"), id="asked")
    again = run_of(replace(verdict("P"), taken_from="asked"), id="again", day=1)

    (both,) = (b for q, b in asked_in([asked, again]).questions.items() if q.model)
    (alone,) = (b for q, b in asked_in([again]).questions.items() if q.model)

    assert (both.passed, alone.passed) == (1, 1)
    assert both.times["latency"] == [1.0]


def test_two_runs_that_took_over_the_same_verdicts_are_not_two_measurements():
    standing = replace(verdict("P"), taken_from="asked")
    before = asked_in([run_of(standing, id="one", day=1)])
    after = asked_in([run_of(standing, id="other", day=2)])
    elsewhere = asked_in([run_of(replace(standing, taken_from="a later one"), id="other", day=2)])

    found, of_another = compare(before, after), compare(before, elsewhere)

    assert (found.same, found.standing, found.paces) == (1, 1, ())
    assert (of_another.same, of_another.standing) == (1, 0)
    assert of_another.paces


def test_fishers_exact_test_takes_a_moment_however_many_there_are():
    def of(failed_before, failed_after, each=1_000_000):
        return chance_of_so_many_failures(
            Share(each - failed_before, failed_before), Share(each - failed_after, failed_after)
        )

    # Of so many the two counts are near enough to Poisson's, with this spread.
    spread = math.sqrt(2 * 50_000 * 0.95)
    for over in (-3, -1, 0, 1, 3):
        expected = NormalDist().cdf(-over)
        assert of(50_000, 50_000 + round(over * spread)) == pytest.approx(expected, rel=0.1)
    assert of(0, 0) == 1.0
    assert of(0, 1000) < 1e-290
