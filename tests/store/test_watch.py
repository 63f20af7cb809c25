"""What watching keeps, on each database: records whole or not at all, one writer at a time."""

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from gatewayz.core import StoreError
from gatewayz.core.availability import Alert
from gatewayz.core.watching import (
    Alarm,
    Amounts,
    Condition,
    DaySpent,
    Level,
    LostLease,
    Notice,
    State,
    StateChange,
    Target,
    TierMark,
    WatchRecord,
)
from gatewayz.store import open_store, opening
from gatewayz.store.migrations import MIGRATIONS

TARGET = Target(gateway="groq", model="llama", probe="chat")


@pytest.fixture
def lease(store, make):
    return store.watch.leases.take("host-a 1 ", None, make.noon)


def an_alert(noon, **more):
    about = {"sla": "Verfügbarkeit", "objective": "ttft p95", "target": "groq/llama"}
    return Alert(**about, severity="page", started_at=noon, **more)


def a_record(make, **more):
    noon = make.noon
    condition = Condition(
        target=TARGET, state=State.DOWN, since=noon, recent=(Level.BAD, Level.BAD),
        recent_at=(noon, noon), last_at=noon, reason="HTTP 503 \ud800 überlastet",
    )  # fmt: skip
    change = StateChange(
        target=TARGET, at=noon, since=noon, before=State.UP, after=State.DOWN, reason="HTTP 503"
    )
    alarm = Alarm(id="t1", gateway="groq", way="direct", state=State.DOWN, opened_at=noon)
    notice = Notice(
        id="t1.1", kind="down", at=noon, title="DOWN: groq", text="", details={"a": [1]}
    )
    whole = {
        "conditions": (condition,), "changes": (change,), "alarms": (alarm,),
        "notices": (notice,), "channels": ("webhook x", "alert 1"),
        "marks": (
            TierMark(tier="chat", at=noon, run_id="r", covers=frozenset({"groq (direct) --models 3"})),
            TierMark(tier="streaming", at=noon),
        ),
        "spent": DaySpent(
            day="2026-03-01", calls=3, tokens=70, usd=0.001, unpriced_calls=1,
            while_down={"groq": Amounts(calls=2, tokens=40, usd=0.0005)},
        ),
        "budgets": (an_alert(noon),),
    }  # fmt: skip
    return WatchRecord(**(whole | more))


def test_a_record_comes_back_as_it_was(store, make, lease):
    record = a_record(make)
    store.watch.keep(lease, record)

    (condition,) = store.watch.conditions()
    assert condition == replace(record.conditions[0], reason=condition.reason)
    assert store.watch.changes() == record.changes
    assert store.watch.alarms() == store.watch.alarms(open_only=True) == record.alarms
    assert store.watch.marks() == record.marks
    assert store.watch.spent("2026-03-01") == record.spent
    assert store.watch.budgets() == record.budgets
    assert store.watch.spent("2026-03-02") == DaySpent(day="2026-03-02")
    assert [(one.channel, one.notice) for one in store.watch.deliveries()] == [
        ("webhook x", record.notices[0]), ("alert 1", record.notices[0]),
    ]  # fmt: skip


def test_of_a_day_of_before_nobody_knows_which_calls_had_a_price(place, make, monkeypatch):
    with monkeypatch.context() as older:
        older.setattr(opening, "MIGRATIONS", MIGRATIONS[:19])
        with closing(open_store(place)) as store, store._session.writing() as connection:
            connection.execute(
                text(
                    "INSERT INTO watch_spent (day, calls, tokens, usd)"
                    " VALUES ('2026-02-27', 4, 70, 0.001), ('2026-02-28', 3, 60, 0.0)"
                )
            )

    with closing(open_store(place)) as store:
        paid, unpaid = (store.watch.spent(f"2026-02-{day}") for day in (27, 28))
    assert (paid.calls, paid.known_usd, paid.cost) == (4, 0.001, "$0.0010")
    assert (unpaid.calls, unpaid.known_usd, unpaid.cost) == (3, None, "cost unknown")


def test_a_later_record_takes_the_place_of_an_earlier_one(store, make, lease):
    store.watch.keep(lease, a_record(make))
    up = replace(a_record(make).conditions[0], state=State.UP, reason="")
    closed = replace(a_record(make).alarms[0], closed_at=make.noon)
    over = an_alert(make.noon, ended_at=make.noon)
    store.watch.keep(lease, WatchRecord(conditions=(up,), alarms=(closed,), budgets=(over,)))

    assert store.watch.conditions() == (up,)
    assert store.watch.alarms(open_only=True) == ()
    assert store.watch.budgets() == ()
    store.watch.keep(lease, WatchRecord(forgotten=(TARGET,)))
    assert store.watch.conditions() == ()


def test_changes_can_be_asked_for_by_whom_and_since_when(store, make, lease):
    change = a_record(make).changes[0]
    later = replace(
        change, at=make.noon + timedelta(hours=1), target=replace(TARGET, gateway="xai")
    )
    store.watch.keep(lease, WatchRecord(changes=(change, later)))

    assert store.watch.changes() == (later, change)
    assert store.watch.changes(gateway="groq") == (change,)
    assert store.watch.changes(model="llama", since=make.noon + timedelta(minutes=1)) == (later,)
    assert store.watch.changes(1) == (later,)


def test_an_older_leader_writes_nothing(store, make, lease):
    assert store.watch.leases.take("host-b 2 ", store.watch.leases.lease(), make.noon).token == 2

    for act in (
        lambda: store.watch.keep(lease, a_record(make)),
        lambda: store.watch.leases.beat(lease, make.noon),
    ):
        with pytest.raises(LostLease):
            act()
    store.watch.leases.release(lease, make.noon)
    assert store.watch.conditions() == ()
    assert store.watch.deliveries() == ()
    assert store.watch.leases.lease().holder == "host-b 2 "


def test_a_lease_is_taken_only_as_it_was_seen(store, make, lease):
    seen = store.watch.leases.lease()
    beaten = store.watch.leases.beat(lease, make.noon)

    assert store.watch.leases.take("host-b 2 ", seen, make.noon) is None
    assert store.watch.leases.take("host-b 2 ", None, make.noon) is None
    assert store.watch.leases.lease() == beaten
    store.watch.leases.release(beaten, make.noon)
    assert store.watch.leases.lease().holder == ""


def test_a_record_that_cannot_be_kept_whole_is_not_kept_at_all(store, make, lease):
    store.watch.keep(lease, WatchRecord(notices=a_record(make).notices, channels=("webhook x",)))
    with pytest.raises(StoreError):
        store.watch.keep(lease, a_record(make))  # the same notice again

    assert store.watch.conditions() == ()
    assert store.watch.marks() == ()


def test_a_delivery_ends_when_it_was_taken_or_given_up(store, make, lease):
    store.watch.keep(lease, a_record(make))
    one, other = store.watch.deliveries()
    later = replace(one, attempts=1, due_at=make.noon + timedelta(minutes=1))
    store.watch.delivered(lease, later, make.noon, "HTTP 503")
    store.watch.delivered(lease, replace(other, attempts=1), make.noon)

    assert store.watch.deliveries() == (later,)
    ((notice, channels),) = store.watch.notices()
    assert notice.id == "t1.1"
    assert channels == {"webhook x": "waiting: HTTP 503", "alert 1": "delivered"}
    store.watch.delivered(lease, later, make.noon, "HTTP 503", given_up=True)
    assert store.watch.deliveries() == ()
    ((_, channels),) = store.watch.notices()
    assert channels["webhook x"] == "given up: HTTP 503"


def test_a_notice_without_any_channel_is_kept_and_waits_for_nobody(store, make, lease):
    store.watch.keep(lease, a_record(make, channels=()))

    assert store.watch.deliveries() == ()
    ((notice, channels),) = store.watch.notices()
    assert (notice.kind, channels) == ("down", {})


def test_a_flipped_bit_is_not_read_as_good(tmp_path, make):
    store = open_store(tmp_path / "s.db")
    lease = store.watch.leases.take("host-a 1 ", None, make.noon)
    store.watch.keep(lease, a_record(make))
    with store._session.writing() as connection:
        connection.execute(text("UPDATE watch_conditions SET state = 'up'"))

    with pytest.raises(StoreError, match="damaged"):
        store.watch.conditions()
    store.close()


def told_by_marks(make, kind, *targets, number, severity="page", began="2026-02-28T10:00:00Z"):
    """A message on budgets as versions before schema 16 wrote it."""
    about = {"sla": "a|b", "objective": "ttft p95", "severity": severity, "targets": targets}
    marks = [f"{kind}|a|b|ttft p95|{target}|{began}|{severity}" for target in targets]
    if kind == "budget-over":
        marks = [mark.removesuffix(severity) for mark in marks]
    return Notice(
        id=f"n{number}", kind=kind, at=make.noon + timedelta(minutes=number), title=kind, text="",
        details={**about, "targets": list(targets), "since": began, "marks": marks},
    )  # fmt: skip


@pytest.mark.parametrize("version", [15, 16])
def test_what_older_versions_told_of_budgets_stays_told(place, make, monkeypatch, version):
    began = datetime(2026, 2, 28, 10, tzinfo=UTC)
    alert = replace(an_alert(began), sla="a|b", target="groq/a")
    kept = replace(alert, target="xai/kept", started_at=make.noon)
    told = (
        told_by_marks(make, "budget", "groq/a", "groq/b", number=1, severity="ticket"),
        # Its beginning was worked out anew each time.
        told_by_marks(make, "budget", "groq/a", number=2, began="2026-02-28T12:00:00Z"),
        told_by_marks(make, "budget-over", "groq/b", number=3, began="2026-02-28T12:00:00Z"),
        told_by_marks(make, "budget", "xai/kept", "together/x|\ud800y", number=4),
        Notice(id="n5", kind="budget", at=make.noon, title="", text="", details={"marks": ["x"]}),
        Notice(id="n6", kind="down", at=make.noon, title="", text="", details={}),
    )
    with monkeypatch.context() as older:
        older.setattr(opening, "MIGRATIONS", MIGRATIONS[:version])
        with closing(open_store(place)) as store:
            lease = store.watch.leases.take("host-a 1 ", None, make.noon)
            budgets = (kept,) if version == 16 else ()
            channels = ("webhook x", "alert 1")
            store.watch.keep(lease, WatchRecord(notices=told, channels=channels, budgets=budgets))

    with closing(open_store(place)) as store:
        found = {one.target: one for one in store.watch.budgets()}

    assert found == {
        "groq/a": alert,
        "together/x|\ufffdy": replace(alert, target="together/x|\ufffdy"),
        "xai/kept": kept if version == 16 else replace(kept, started_at=began),
    }
