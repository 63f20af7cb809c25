"""Alerts of objectives become notices: grouped, each once, ended where they were told."""

from datetime import timedelta

from gatewayz.core.availability import Alert
from gatewayz.watch.promises import Promises


def alert(watching, target, *, severity="page", hours=0, ended=None):
    started = watching.noon + timedelta(hours=hours)
    ended_at = watching.noon + timedelta(hours=ended) if ended is not None else None
    return Alert(
        sla="gold", objective="availability", target=target, severity=severity,
        started_at=started, ended_at=ended_at,
    )  # fmt: skip


def told(found):
    return [(one.kind, one.title) for one in found]


def test_the_models_of_a_gateway_that_burn_together_are_one_message(watching):
    on = [alert(watching, f"groq/m{n}") for n in range(3)] + [alert(watching, "xai/a")]

    assert told(Promises().notices(on, watching.noon)) == [
        ("budget", "BURNING: 3 targets of groq (gold, availability)"),
        ("budget", "BURNING: xai/a (gold, availability)"),
    ]


def test_an_alert_is_told_once_also_after_a_restart(watching):
    promises, on = Promises(), [alert(watching, "groq/a")]
    first = promises.notices(on, watching.noon)

    assert promises.notices(on, watching.noon) == ()
    assert Promises.after(first).notices(on, watching.noon) == ()


def test_one_that_gets_worse_is_told_again(watching):
    promises = Promises()
    promises.notices([alert(watching, "groq/a", severity="ticket")], watching.noon)

    assert told(promises.notices([alert(watching, "groq/a")], watching.noon)) == [
        ("budget", "BURNING: groq/a (gold, availability)")
    ]


def test_the_end_is_told_of_what_was_told_and_of_nothing_else(watching):
    promises = Promises()
    promises.notices([alert(watching, "groq/a")], watching.noon)
    over = [alert(watching, "groq/a", ended=3), alert(watching, "xai/b", ended=3)]

    assert told(promises.notices(over, watching.noon)) == [
        ("budget-over", "BUDGET HOLDS: groq/a (gold, availability)")
    ]
    assert promises.notices(over, watching.noon) == ()


def test_who_is_awake_for_a_gateway_is_not_told_of_its_budget(watching):
    promises, on = Promises(), [alert(watching, "groq/a"), alert(watching, "xai/b")]

    first = promises.notices(on, watching.noon, awake={"groq"})
    assert told(first) == [("budget", "BURNING: xai/b (gold, availability)")]
    # The alarm is over, and the budget burns on.
    later = promises.notices(on, watching.noon)
    assert told(later) == [("budget", "BURNING: groq/a (gold, availability)")]
