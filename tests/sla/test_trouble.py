"""Incidents, budgets, burn rates: when trouble begins, how long it lasts, who is told."""

from dataclasses import replace

import pytest
from tests.sla.results import AVAILABLE, at, result, series, sla

from gatewayz.core.availability import Alert
from gatewayz.core.objectives import Confirmation, Maintenance, Objective, Window
from gatewayz.measure.sla import alerts, assess, since, troubles_of
from gatewayz.watch.promises import Promises


def assessed(letters, promise=None, **about):
    found = assess([promise or sla()], series(letters), **{"at": at(len(letters)), **about})
    return found[0]


def times(letters, promise=None):
    """(start, end) of each incident, in hours."""
    found = assessed(letters, promise).incidents
    return [
        tuple((m - at(0)).total_seconds() / 3600 if m else None for m in (i.start, i.end))
        for i in found
    ]


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        ("gggbggg", []),  # one failure is none
        ("ggbbggg", [(2, 4)]),
        ("ggbgbgg", [(2, 5)]),  # two of three
        ("ggbggbgg", []),  # not two of three
        ("ggbbgbgbgg", [(2, 8)]),  # comes and goes: one incident
        ("ggbbggbbgg", [(2, 4), (6, 8)]),
        ("ggbbggbgg", [(2, 4)]),  # what is over confirms nothing new
        ("ggbb", [(2, None)]),
        ("ggbbg", [(2, None)]),  # one good is not yet its end
        ("bb", [(0, None)]),
        ("ggboobgg", [(2, 6)]),  # our own fault is no round at all
        ("ggb..bgg", [(2, 6)]),
    ],
)
def test_an_incident_goes_from_the_first_bad_to_the_first_good_that_were_confirmed(
    letters, expected
):
    assert times(letters) == expected


def test_how_much_it_takes_to_believe_in_trouble_is_the_promises():
    three_of_five = sla(confirmation=Confirmation(bad=3, of=5, good=3))

    assert times("ggbbgggggg", three_of_five) == []
    assert times("ggbbgbgggg", three_of_five) == [(2, 6)]


def test_what_was_bad_before_the_end_of_an_incident_confirms_no_new_one():
    two_of_five = sla(confirmation=Confirmation(bad=2, of=5, good=2))

    assert times("ggbbggbgggg", two_of_five) == [(2, 4)]
    assert times("ggbbggbgbgg", two_of_five) == [(2, 4), (6, 9)]


def test_an_incident_says_what_it_was_and_between_which_rounds_it_began():
    (incident,) = assessed("ggbbgbgg").incidents

    assert (incident.bad, incident.good) == (3, 1)
    assert (incident.kinds, incident.culprits) == ({"overloaded": 3}, {"the gateway": 3})
    assert (incident.after, incident.start) == (at(1), at(2))
    assert (incident.confirmed_at, incident.end_confirmed_at) == (at(3), at(7))
    assert incident.duration_s == 4 * 3600


def test_time_in_incidents_is_cut_at_the_ends_of_the_window():
    promise = sla(window=Window(rolling_s=10 * 3600.0))
    one = assessed("g" * 10 + "b" * 5 + "g" * 9, promise)

    assert one.span.start == at(14)
    assert one.down_s == 3600


def test_a_models_round_is_bad_when_half_of_a_probes_repeats_are():
    def an_hour(hour, bad):
        return [result(hour, culprit="the model" if n < bad else None, repeat=n) for n in range(4)]

    for bad, expected in ((1, 0), (2, 1)):
        results = [one for hour in range(3) for one in an_hour(hour, bad)]
        (one,) = assess([sla()], results, at=at(3))
        assert len(one.incidents) == expected


def test_a_gateways_round_is_bad_when_half_of_its_models_are():
    for bad, expected in ((1, 0), (2, 1)):
        results = [
            result(hour, model=f"m{n}", culprit="the model" if n < bad else None)
            for hour in range(3)
            for n in range(4)
        ]
        (one,) = assess([sla(per="gateway")], results, at=at(3))
        assert len(one.incidents) == expected


def test_a_question_put_twice_in_a_run_begins_another_round():
    results = [replaced._replace(run_id="one") for replaced in series("gbbg")]
    (one,) = assess([sla()], results, at=at(4))

    assert one.rounds == 4
    assert len(one.incidents) == 1


def test_a_month_that_runs_is_at_risk_until_even_a_flawless_rest_cannot_make_it_good():
    month = Window(calendar="month", time_zone="UTC")
    promise = sla(
        Objective(name="a", kind="availability", share=0.9, probes=("chat",)), window=month
    )

    def state(bad):
        # From October 1 to 16, half of the month's results are in.
        letters = "b" * bad + "g" * (372 - bad)
        results = [
            one._replace(at=one.at - (at(0) - at(0).replace(day=1))) for one in series(letters)
        ]
        (found,) = assess([promise], results, at=at(0).replace(day=16, hour=12))
        return found.state, found.budget.expected

    assert state(37) == ("kept", 744)
    assert state(38) == ("at risk", 744)
    assert state(74) == ("at risk", 744)
    assert state(75) == ("broken", 744)


def test_each_burn_window_holds_five_rounds_or_says_that_it_was_lengthened():
    hourly = assessed("g" * 160 + "bb", sla(window=Window(rolling_s=30 * 86400.0)))
    page, slower, ticket = hourly.burns

    assert [round(burn.factor, 3) for burn in hourly.burns] == [14.4, 6.0, 1.0]
    assert (page.long.lengthened, page.long.rounds, page.long.held_s) == (True, 5, 5 * 3600)
    assert (page.short.lengthened, page.short.rounds) == (True, 5)
    # Of the last five two are bad: 40 % where 1 % is allowed.
    assert page.long.rate == pytest.approx(40)
    assert (slower.long.lengthened, slower.long.rounds) == (False, 5)
    assert (ticket.long.lengthened, ticket.long.rounds) == (False, 71)


def test_below_five_rounds_there_is_no_burn_rate_and_no_alert():
    promise = sla()

    assert {burn.long.rate for burn in assessed("gbbb").burns} == {None}
    assert alerts([promise], series("gbbb"), at=at(4)) == ()
    assert len(alerts([promise], series("gbbbb"), at=at(5))) == 1


def test_an_alert_needs_the_burn_rate_as_well_as_bad_rounds():
    generous = sla(replace(AVAILABLE, share=0.2))
    letters = "g" * 100 + "bb" + "gggg"

    assert len(assessed(letters, generous).incidents) == 1
    assert alerts([generous], series(letters), at=at(len(letters))) == ()


def test_a_budget_that_lasts_to_the_end_of_its_window_alerts_nobody():
    # Half are bad where 80 % may be: 0.6 times what would spend it all.
    generous = sla(replace(AVAILABLE, share=0.2))
    letters = "bbgg" * 30

    assert assessed(letters, generous).burns[-1].long.rate == pytest.approx(0.625, abs=0.02)
    assert alerts([generous], series(letters), at=at(len(letters))) == ()


def test_a_ticket_becomes_a_page_while_it_lasts_and_ends_with_its_incident():
    # 2 of 6 bad are 1.1 times the allowed 30 %, which three days burn at; then all are bad.
    promise = sla(replace(AVAILABLE, share=0.7))
    letters = "gggg" + "bbgggg" * 3 + "bb" + "bbbb" + "gggg"

    def told(hours):
        return alerts([promise], series(letters[:hours]), at=at(hours))[-1]

    early, late = told(24), told(len(letters))
    assert (early.severity, early.started_at, early.ended_at) == ("ticket", at(23), None)
    assert (late.severity, late.started_at, late.ended_at) == ("page", at(23), at(29))


def looked_at(letters, promise, every=1):
    """(kind, hour) of what a watch tells that looks at what is within reach of the promise, no more."""
    promises, results, found = Promises(), series(letters), []
    for hour in range(1, len(letters) + 1, every):
        now = at(hour)
        begin = since([promise], now)
        within = [one for one in results if begin <= one.at < now]
        on = alerts([promise], within, at=now, before=promises.open)
        found += [(notice.kind, hour) for notice in promises.look(on, now).notices]
    return found


@pytest.mark.parametrize(
    "window",
    [
        Window(rolling_s=86400.0),
        Window(calendar="day", time_zone="UTC"),
        Window(calendar="month", time_zone="UTC"),
    ],
    ids=["a day long", "calendar day", "calendar month"],
)
def test_trouble_that_outlasts_what_is_looked_at_is_told_once_and_its_end_once(window):
    letters = "g" * 48 + "b" * 24 * 40 + "g" * 24

    assert looked_at(letters, sla(window=window), every=6) == [
        ("budget", 55), ("budget-over", 1015)
    ]  # fmt: skip


def test_an_alert_lasts_also_where_too_few_rounds_are_left_to_begin_one():
    # A round in nearly two days: of eight days there are four or five.
    letters = ("b" + "." * 46) * 12 + "g" * 3
    daily = sla(window=Window(rolling_s=86400.0))

    assert looked_at(letters, daily) == [("budget", 189), ("budget-over", 566)]


def test_an_alert_that_was_on_is_over_once_good_rounds_say_so():
    before = Alert(
        sla="chat", objective="availability", target="groq/llama", severity="page",
        started_at=at(0) - 30 * (at(24) - at(0)),
    )  # fmt: skip

    assert alerts([sla()], series("g"), at=at(1), before=[before]) == (before,)
    assert alerts([sla()], series("gg"), at=at(2), before=[before]) == (
        replace(before, ended_at=at(1)),
    )
    assert alerts([sla()], [], at=at(2), before=[before]) == ()


def test_maintenance_neither_alerts_nor_ends_what_was_on():
    planned = [Maintenance(start=at(10), end=at(20))]
    inside = series("g" * 10 + "b" * 10 + "g" * 10)
    across = series("g" * 8 + "b" * 14 + "g" * 10)

    assert alerts([sla()], inside, at=at(30), maintenance=planned) == ()
    (one,) = alerts([sla()], across, at=at(32), maintenance=planned)
    assert (one.started_at, one.ended_at) == (at(9), at(23))


def test_models_of_a_gateway_that_fail_together_are_one_trouble():
    results = [
        one._replace(model=name, run_id=f"{one.run_id}")
        for name, letters in (("a", "ggbbgg"), ("b", "gggbbg"), ("c", "gggggg"))
        for one in series(letters)
    ]
    (trouble,) = troubles_of(assess([sla()], results, at=at(6)))

    assert (trouble.gateway, trouble.targets) == ("groq", ("groq/a", "groq/b"))
    assert (trouble.start, trouble.until, trouble.ended) == (at(2), at(6), False)
