"""Alerts of objectives become notices: grouped, each once, ended where they were told."""

from datetime import timedelta

from gatewayz.core.availability import Alert
from gatewayz.watch.promises import Burnt, Promises


def alert(watching, target, *, severity="page", hours=0, ended=None):
    started = watching.noon + timedelta(hours=hours)
    ended_at = watching.noon + timedelta(hours=ended) if ended is not None else None
    return Alert(
        sla="gold", objective="availability", target=target, severity=severity,
        started_at=started, ended_at=ended_at,
    )  # fmt: skip


def told(found):
    return [(one.kind, one.title) for one in found.notices]


def test_the_models_of_a_gateway_that_burn_together_are_one_message(watching):
    on = [alert(watching, f"groq/m{n}") for n in range(3)] + [alert(watching, "xai/a")]

    assert told(Promises().look(on, watching.noon)) == [
        ("budget", "BURNING: 3 targets of groq (gold, availability)"),
        ("budget", "BURNING: xai/a (gold, availability)"),
    ]


def test_an_alert_is_told_once_also_after_a_restart(watching):
    promises, on = Promises(), [alert(watching, "groq/a")]
    first = promises.look(on, watching.noon)

    assert first.alerts == promises.open == tuple(on)
    assert promises.look(on, watching.noon) == Burnt()
    assert Promises(first.alerts).look(on, watching.noon) == Burnt()


def test_an_alert_whose_beginning_is_worked_out_anew_is_the_same_one(watching):
    promises = Promises()
    promises.look([alert(watching, "groq/a")], watching.noon)

    assert promises.look([alert(watching, "groq/a", hours=24)], watching.noon) == Burnt()
    over = promises.look([alert(watching, "groq/a", hours=48, ended=50)], watching.noon)
    assert told(over) == [("budget-over", "BUDGET HOLDS: groq/a (gold, availability)")]
    assert [(one.started_at, one.ended_at) for one in over.alerts] == [
        (watching.noon, watching.noon + timedelta(hours=50))
    ]


def test_one_that_gets_worse_is_told_again(watching):
    promises = Promises()
    promises.look([alert(watching, "groq/a", severity="ticket")], watching.noon)

    assert told(promises.look([alert(watching, "groq/a")], watching.noon)) == [
        ("budget", "BURNING: groq/a (gold, availability)")
    ]
    eased = [alert(watching, "groq/a", severity="ticket")]
    assert promises.look(eased, watching.noon) == Burnt()


def test_the_end_is_told_of_what_was_told_and_of_nothing_else(watching):
    promises = Promises()
    promises.look([alert(watching, "groq/a")], watching.noon)
    over = [alert(watching, "groq/a", ended=3), alert(watching, "xai/b", ended=3)]

    assert told(promises.look(over, watching.noon)) == [
        ("budget-over", "BUDGET HOLDS: groq/a (gold, availability)")
    ]
    assert promises.look(over, watching.noon) == Burnt()


def test_one_without_results_is_forgotten_without_a_word(watching):
    promises = Promises([alert(watching, "groq/a")])

    gone = promises.look([], watching.noon)
    assert told(gone) == []
    assert [one.ended_at for one in gone.alerts] == [watching.noon]
    assert promises.open == ()


def test_one_that_is_not_promised_any_more_is_over_with_that_reason(watching):
    on = [alert(watching, "groq/a"), alert(watching, "groq/b"), alert(watching, "groq/c")]
    over = alert(watching, "groq/b", ended=1)
    promises = Promises(on, promised=lambda one: one.target == "groq/b")

    found = promises.look([over], watching.noon)

    assert told(found) == [
        ("budget-over", "NOT PROMISED ANY MORE: 2 targets of groq (gold, availability)"),
        ("budget-over", "BUDGET HOLDS: groq/b (gold, availability)"),
    ]
    assert [one.details.get("reason") for one in found.notices] == [
        "it is not promised any more", None,
    ]  # fmt: skip
    assert len({one.id for one in found.notices}) == 2
    assert promises.look([over], watching.noon) == Burnt()


def test_who_is_awake_for_a_gateway_is_not_told_of_its_budget(watching):
    promises, on = Promises(), [alert(watching, "groq/a"), alert(watching, "xai/b")]

    first = promises.look(on, watching.noon, awake={"groq"})
    assert told(first) == [("budget", "BURNING: xai/b (gold, availability)")]
    # The alarm is over, and the budget burns on.
    later = promises.look(on, watching.noon)
    assert told(later) == [("budget", "BURNING: groq/a (gold, availability)")]


def test_what_is_told_of_budgets_is_kept_with_the_round(watching):
    promises, on = Promises(), [alert(watching, "groq/a")]

    async def burning(at, awake):
        return promises.look(on, at, awake=awake)

    playing = watching.playing({"groq/a chat": "g"}, burning=burning).play(3)

    assert [one.budgets for one in playing.room.records] == [tuple(on), (), ()]
