"""Where a window begins and ends, where a rate is one, and other places at which one more or less matters."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.sla.results import AVAILABLE, HOUR, at, result, series, sla

from gatewayz.core.objectives import Span, Window
from gatewayz.measure.sla import assess
from gatewayz.measure.sla.budgets import wilson


def assessed(letters, *, promise=None, until=None, span=None):
    until = at(len(letters)) if until is None else until
    (found,) = assess([promise or sla()], series(letters), at=until, span=span)
    return found


def rolling(hours):
    return sla(window=Window(rolling_s=hours * 3600.0))


def test_a_window_has_its_start_and_not_its_end():
    one = assessed("bgggb", until=at(9), span=Span(at(0), at(4)))
    assert (one.tally.good, one.tally.bad) == (3, 1)
    one = assessed("bgggb", until=at(9), span=Span(at(1), at(5)))
    assert (one.tally.good, one.tally.bad) == (3, 1)


def test_what_is_asked_at_the_moment_of_the_look_is_not_yet_in_it():
    week = sla(window=Window(calendar="week"))

    assert assessed("gggb", promise=week, until=at(3)).tally.bad == 0
    assert assessed("gggb", promise=week, until=at(3) + timedelta(microseconds=1)).tally.bad == 1


def test_a_gap_of_twice_the_usual_time_is_watched_and_a_longer_one_is_not_but_for_the_usual():
    assert assessed("ggg.ggg", promise=rolling(7)).unwatched_s == 0
    assert assessed("ggg..ggg", promise=rolling(8)).unwatched_s == 2 * 3600


@pytest.mark.parametrize(("first", "last", "count"), [(11, 20, 1), (12, 20, 0), (0, 11, 0), (0, 12, 1)])  # fmt: skip
def test_an_alert_is_of_the_window_in_which_it_began(first, last, count):
    one = assessed("g" * 10 + "b" * 10, span=Span(at(first), at(last)))

    assert len(one.alerts) == count


def test_of_a_window_that_is_over_nothing_burns_and_no_alert_is_on():
    letters = "g" * 10 + "b" * 20
    over = assessed(letters, span=Span(at(0), at(20)))
    ends_now = assessed(letters, span=Span(at(0), at(30)))

    assert (over.burns, over.alert, len(over.alerts)) == ((), None, 1)
    assert ends_now.burns
    assert ends_now.alert is not None


def test_an_incident_that_ends_with_the_start_of_a_window_is_none_of_it():
    assert assessed("ggbbgggg", span=Span(at(4), at(8))).incidents == ()
    assert len(assessed("ggbbgggg", span=Span(at(3), at(8))).incidents) == 1
    assert assessed("ggbbgggg", span=Span(at(0), at(2))).incidents == ()


@pytest.mark.parametrize(("hours", "levels"), [(5, 1), (6, 2), (71, 2), (72, 3)])
def test_a_burn_window_is_as_long_as_the_promises_at_most(hours, levels):
    assert len(assessed("g" * 10, promise=rolling(hours)).burns) == levels


@pytest.mark.parametrize(
    ("calendar", "factors"), [("month", [14.4, 6, 1]), ("week", [3.36, 1.4, 1]), ("day", [1, 1])]
)
def test_a_calendars_burn_rates_are_those_of_30_7_and_one_days(calendar, factors):
    burns = assessed("g" * 10, promise=sla(window=Window(calendar=calendar))).burns

    assert [burn.factor for burn in burns] == pytest.approx(factors)


def test_a_burn_window_with_few_rounds_is_never_shorter_than_it_was_to_be():
    results = [
        one._replace(at=at(0) + number * timedelta(minutes=3))
        for number, one in enumerate(series("ggg"))
    ]
    (one,) = assess([sla()], results, at=at(0) + timedelta(minutes=9))
    long = one.burns[0].long

    assert (long.lengthened, long.rounds, long.rate) == (True, 3, None)
    assert long.held_s == 3600


def test_a_burn_window_of_five_rounds_is_as_it_was_to_be_and_one_of_four_begins_with_a_fifth():
    results = [
        one._replace(at=at(0) + number * timedelta(minutes=20))
        for number, one in enumerate(series("bggggg"))
    ]

    def long(minutes):
        (found,) = assess([sla()], results, at=at(0) + timedelta(minutes=minutes))
        return found.burns[1].short  # half an hour

    # At 101 minutes the latest half hour has two rounds; the fifth from the end is that of minute 20.
    assert (long(101).lengthened, long(101).rounds, long(101).held_s) == (True, 5, 81 * 60)
    assert long(101).rate == 0
    assert long(99).rate == pytest.approx(20)  # one of five, of 1 % that may be


def test_a_share_that_is_just_what_was_promised_is_kept_however_its_float_falls():
    nine_of_ten = sla(replace(AVAILABLE, share=0.9))

    assert (1 - 0.9) * 10 < 1  # as floats have it
    assert assessed("g" * 9 + "b", promise=nine_of_ten).state == "kept"


@pytest.mark.parametrize(
    ("good", "of", "low", "high"),
    [
        (8, 10, 0.4902, 0.9433),
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (81, 263, 0.2553, 0.3662),
    ],
)
def test_the_interval_is_wilsons(good, of, low, high):
    # The last one is of Newcombe, "Two-sided confidence intervals for the single proportion",
    # Statistics in Medicine 17 (1998), table I.
    assert wilson(good, of) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


@pytest.mark.parametrize("of", [1, 3, 7, 97, 263, 1440, 20160])
def test_a_share_of_all_or_none_lies_within_its_interval(of):
    assert wilson(of, of)[1] == 1.0
    assert wilson(0, of)[0] == 0.0


def test_the_last_good_round_before_an_incident_is_told_also_after_another_one():
    first, second = assessed("ggbbggbb").incidents

    assert (first.after, second.after) == (at(1), at(5))
    assert assessed("bb").incidents[0].after is None


def test_the_good_round_before_the_first_bad_one_is_told_where_another_good_one_came_between():
    first, second = assessed("ggbgbggbgb").incidents

    assert (first.start, first.after) == (at(2), at(1))
    assert (second.start, second.after) == (at(7), at(6))
    assert assessed("bgb").incidents[0].after is None


def test_the_good_rounds_that_end_an_incident_are_not_of_it():
    (one,) = assessed("ggbbgg").incidents

    assert (one.bad, one.good) == (2, 0)


def test_an_outage_stands_for_its_models_for_a_week_after_they_were_asked_themselves():
    def bad(*hours):
        lists = [result(hour, model="", probe="catalogue", culprit="the gateway") for hour in hours]
        promise = sla(window=Window(rolling_s=30 * 86400.0))
        (found,) = assess([promise], [result(0), *lists], at=at(24 * 20))
        return found.tally.bad

    assert bad(24 * 7) == 1
    assert bad(24 * 7 + 1) == 0
    # An outage does not prolong itself: what was asked is the model, not what stands for it.
    assert bad(24 * 4, 24 * 8) == 1


def test_the_week_of_an_outage_counts_from_when_its_model_was_asked_last():
    down = result(24 * 9, model="", probe="catalogue", culprit="the gateway")
    promise = sla(window=Window(rolling_s=30 * 86400.0))
    (one,) = assess([promise], [result(0), result(24 * 3), down], at=at(24 * 10))

    assert one.tally.bad == 1


def test_an_outage_stands_for_the_questions_of_the_run_before_alone():
    asked = [result(0), result(0, repeat=1), result(1)]
    down = result(2, model="", probe="catalogue", culprit="the gateway")
    (one,) = assess([sla()], [*asked, down], at=at(3))

    assert (one.tally.good, one.tally.bad) == (3, 1)


def test_an_alert_begins_only_with_a_round_after_which_enough_of_the_last_ones_are_bad():
    # With the fifth round there is a rate, and it burns; but of the last three one is bad.
    assert len(assessed("bbgbg").incidents) == 1
    assert assessed("bbgbg").alerts == ()
    assert [one.started_at for one in assessed("bbgbgb").alerts] == [at(5)]


def test_a_model_is_bad_when_one_of_its_probes_is_whatever_the_others_say():
    both = replace(AVAILABLE, probes=("chat", "streaming"))
    results = [*series("ggg"), *series("bbb", probe="streaming")]
    (one,) = assess([sla(both)], results, at=at(3))

    assert len(one.incidents) == 1


def test_slices_are_cut_by_the_length_of_the_window():
    lengths = {
        days: (slices[2].start - slices[1].start) / HOUR
        for days in (2, 3, 10, 11, 120, 121)
        for slices in [assessed("g", promise=rolling(days * 24)).slices]
    }

    assert lengths == {2: 1, 3: 3, 10: 3, 11: 24, 120: 24, 121: 168}
