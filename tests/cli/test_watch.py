"""`gatewayz watch` as processes: cycles, leadership, stops, alerts."""

import json
import re
import signal
import socket
import time

import pytest
from tests.watch.test_channels import receiver

from gatewayz import simulator as simulation
from gatewayz.core.units import utc_now
from gatewayz.store import open_store

SECRET = "a-webhook-secret-of-some-length"


@pytest.fixture
def store_of(tmp_path):
    """A function that reads the store of the test's watches."""

    def read(look):
        store = open_store(tmp_path / "watch.db")
        try:
            return look(store)
        finally:
            store.close()

    return read


def toml(tmp_path, *lines):
    (tmp_path / "gatewayz.toml").write_text("\n".join(lines) + "\n")


def until_said(child, words, stream="stdout"):
    """The lines of a child up to the one with these words."""
    lines = []
    while not lines or words not in lines[-1]:
        line = getattr(child, stream).readline()
        assert line, f"it ended before it said that: {lines}"
        lines.append(line)
    return lines


def until(true, seconds=40):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.05)


def test_one_cycle_asks_what_is_due_and_the_next_does_not(gatewayz, groq):
    first = gatewayz("watch", "groq", "--once", "--store", "watch.db", **groq)
    again = gatewayz("watch", "groq", "--once", "--store", "watch.db", **groq)
    shown = gatewayz("watch", "--show", "--store", "watch.db")

    assert first.returncode == again.returncode == shown.returncode == 0, first.stderr
    # Tiers go side by side: what the day came to is the same whichever ends last.
    assert re.search(r"chat: 3 good; today \d+ calls, cost unknown", first.stdout)
    assert " good; today 12 calls, cost unknown" in first.stdout.splitlines()[-1]
    assert "features: 6 good" in first.stdout
    assert again.stdout == ""
    assert "Nothing is due before 20" in again.stderr
    assert "up        groq: 3 of 3 models up" in shown.stdout


def test_a_watch_keeps_the_lists_it_reads_and_none_of_what_it_asks_of_them(
    gatewayz, groq, store_of
):
    def offered(store):
        return {model.id for model in store.catalog("groq").models}

    asked = gatewayz("test", "groq", "--models", "1", "--store", "watch.db", **groq)
    listed, fetched_at = store_of(offered), store_of(lambda s: s.catalog("groq").fetched_at)
    watched = gatewayz("watch", "groq", "--once", "--store", "watch.db", **groq)
    (run, *_) = store_of(lambda store: [store.run(line.id) for line in store.runs()])

    assert (asked.returncode, watched.returncode) == (0, 0), watched.stderr
    assert run.settings["watch"]
    assert len(listed) > len({verdict.observation.case.model.id for verdict in run.verdicts})
    # It was read again, and is whole.
    assert store_of(offered) == listed
    assert store_of(lambda store: store.catalog("groq").fetched_at) > fetched_at
    assert store_of(lambda store: store.catalogues.of(run.id)) == {}


def test_a_gateway_that_is_down_is_one_alert_and_no_secret_is_shown(gatewayz, tmp_path, store_of):
    with (
        simulation.running(faults=[{"gateway": "groq", "fault": "server-500-json"}]) as broken,
        receiver() as (address, taken),
    ):
        toml(tmp_path, "retries = 0", "[watch]", 'recheck = "1s"')
        there = {k: v for k, v in broken.variables().items() if k.startswith(("GROQ_", "XAI_"))}
        there |= {
            "GATEWAYZ_WEBHOOK": f"http://{address}/T0KEN-in-the-path",
            "GATEWAYZ_WEBHOOK_SECRET": SECRET,
        }
        done = gatewayz("watch", "--once", "--store", "watch.db", **there)
        config = gatewayz("config", **there)

    assert done.returncode == 1
    assert "alert: DOWN: groq (3 models)" in done.stdout
    ((_, headers, body),) = taken
    told = json.loads(body)
    assert told["title"] == "DOWN: groq (3 models)"
    assert "server-500" in told["reason"] or "500" in told["reason"]
    assert headers["webhook-signature"].startswith("v1,")
    ((notice, channels),) = store_of(lambda store: store.watch.notices())
    assert channels == {"webhook 127.0.0.1": "delivered"}
    shown = done.stdout + done.stderr + config.stdout + notice.text
    shown += (tmp_path / "watch.db").read_bytes().decode("latin-1")
    assert SECRET not in shown
    assert "T0KEN" not in shown


def test_the_message_that_tests_a_webhook_is_as_documented(gatewayz):
    with receiver() as (address, taken):
        done = gatewayz("watch", "--test-alerts", GATEWAYZ_WEBHOOK=f"http://{address}/hook")

    assert done.returncode == 0, done.stderr
    ((_, headers, body),) = taken
    told = json.loads(body)
    assert (told["schema"], told["kind"]) == ("gatewayz/alert/1", "test")
    assert headers["webhook-id"] == told["id"]
    assert re.fullmatch(r"msg_[0-9a-f]{32}", told["id"])


@pytest.mark.parametrize(
    ("prefixes", "told"),
    [
        (("GROQ_",), r"cost unknown"),
        (("XAI_",), r"\$0\.0+[1-9]\d*"),
        (("GROQ_", "XAI_"), r"at least \$0\.0+[1-9]\d*"),
    ],
    ids=["no price", "each price", "some prices"],
)
def test_what_a_day_came_to_is_told_as_far_as_prices_are_known(gatewayz, prefixes, told):
    with simulation.running() as running:
        there = {k: v for k, v in running.variables().items() if k.startswith(prefixes)}
        asked = gatewayz("watch", "--once", "--store", "watch.db", **there)
    shown = gatewayz("watch", "--show", "--format", "json", "--store", "watch.db")
    spent = json.loads(shown.stdout)["spent_today"]

    calls = spent["calls"]
    assert re.search(rf"; today {calls} calls, {told}$", asked.stdout.strip()), asked.stdout
    assert (spent["usd"] is None) == (spent["unpriced_calls"] == calls) == (told == "cost unknown")
    assert (spent["unpriced_calls"] == 0) == ("GROQ_" not in prefixes)


def test_a_day_has_a_cap_that_holds_over_restarts(gatewayz, groq):
    words = ("watch", "groq", "--once", "--max-calls", "4", "--store", "watch.db")
    first = gatewayz(*words, **groq)
    time.sleep(1.2)  # with its jitter a tier of one second is due again
    again = gatewayz(*words, "--every", "chat=1s", **groq)

    assert "chat: 3 good" in first.stdout
    assert "not asked: not sent: --max-calls" in first.stdout
    assert "today 4 calls" in again.stdout
    assert "3 not asked" in again.stdout


def test_what_a_gateway_takes_while_it_is_down_is_told_apart(gatewayz, tmp_path, store_of):
    toml(tmp_path, "retries = 0", "[watch]", 'recheck = "1s"', "max_tokens_total = 1000000")
    words = ("watch", "--once", "--every", "chat=1s", "--every", "streaming=off",
             "--every", "features=off", "--max-calls", "1000", "--store", "watch.db")  # fmt: skip
    with simulation.running(faults=[{"gateway": "groq", "fault": "server-500-json"}]) as broken:
        there = {k: v for k, v in broken.variables().items() if k.startswith(("GROQ_", "XAI_"))}
        fell = gatewayz(*words, **there)
        time.sleep(1.2)  # with its jitter a tier of one second is due again
        again = gatewayz(*words, **there)

    assert "DOWN: groq" in fell.stdout
    assert "3 bad" in again.stdout
    spent = store_of(lambda store: store.watch.spent(f"{utc_now():%Y-%m-%d}"))
    assert {name: taken.calls for name, taken in spent.while_down.items()} == {"groq": 3}


def test_nothing_is_watched_without_a_key(gatewayz):
    done = gatewayz("watch", "groq", "--once")

    assert done.returncode == 3
    assert done.stderr.startswith("Nothing to watch. Set a key")


def test_a_second_watch_stands_by_and_takes_over_when_the_first_is_killed(started, groq, store_of):
    words = ("watch", "groq", "--every", "chat=1s", "--store", "watch.db")
    first = started(*words, **groq)
    until_said(first, "chat: 3 good")
    second = started(*words, **groq)
    until_said(second, "standing by", "stderr")
    assert store_of(lambda store: store.watch.leases.lease()).token == 1
    first.kill()
    first.wait(30)
    until_said(second, "taking over", "stderr")
    until_said(second, "chat: 3 good")
    lease = store_of(lambda store: store.watch.leases.lease())
    second.send_signal(signal.SIGTERM)

    assert lease.token == 2
    assert f" {second.pid} " in lease.holder
    assert second.wait(30) == 0
    assert store_of(lambda store: store.watch.leases.lease()).holder == ""


def test_who_is_new_to_a_watch_does_not_wait_for_the_others_interval(gatewayz, simulator, store_of):
    names = {k: v for k, v in simulator.variables().items() if k.startswith(("GROQ_", "XAI_"))}

    def asked(*arguments):
        done = gatewayz("watch", *arguments, "--once", "--store", "watch.db", **names)
        runs = store_of(lambda store: [store.run(one.id) for one in store.runs(1)])
        return done, {case.gateway for run in runs for case in run.plan if case.model}

    first, of_first = asked("groq")
    again, _ = asked("groq")
    both, of_both = asked("groq", "xai")
    narrower, _ = asked("xai")
    others, _ = asked("xai", "--models", "1")

    assert (of_first, of_both) == ({"groq"}, {"groq", "xai"})
    assert [done.returncode for done in (first, again, both, narrower, others)] == [0] * 5
    assert "Nothing is due" in again.stderr
    assert "Nothing is due" in narrower.stderr
    assert "Nothing is due" not in both.stderr + others.stderr


def test_once_beside_a_watch_that_runs_has_nothing_to_do(started, gatewayz, groq):
    leader = started("watch", "groq", "--store", "watch.db", **groq)
    until_said(leader, "features:")
    done = gatewayz("watch", "groq", "--once", "--store", "watch.db", **groq)

    assert done.returncode == 0
    assert done.stdout == ""
    assert f"nothing to do: process {leader.pid} on {socket.gethostname()} watches" in done.stderr


def test_once_beside_a_watch_with_an_alarm_ends_as_show_does(started, gatewayz, tmp_path):
    toml(tmp_path, "[watch]", 'recheck = "1s"')
    with simulation.running(faults=[{"fault": "server-500-json", "path": "chat"}]) as broken:
        groq = {k: v for k, v in broken.variables().items() if k.startswith("GROQ_")}
        leader = started("watch", "groq", "--store", "watch.db", **groq)
        until_said(leader, "DOWN: groq")
        done = gatewayz("watch", "groq", "--once", "--store", "watch.db", **groq)

    assert done.returncode == 1, done.stderr
    assert "nothing to do" in done.stderr


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, 0), pytest.param(signal.SIGINT, 130, marks=pytest.mark.slow)],
)
def test_a_stop_in_the_middle_of_a_round_is_quick_and_the_round_is_due_again(
    started, store_of, number, code
):
    with simulation.running(faults=[{"fault": "headers-then-silence", "path": "chat"}]) as silent:
        groq = {k: v for k, v in silent.variables().items() if k.startswith("GROQ_")}
        child = started("watch", "groq", "--store", "watch.db", "-v", **groq)
        until_said(child, "listed:")
        until(lambda: store_of(lambda store: store.runs()))
        began = time.monotonic()
        child.send_signal(number)

        assert child.wait(30) == code
    assert time.monotonic() - began < 20
    assert {run.status for run in store_of(lambda store: store.runs())} == {"cancelled"}
    assert {one.tier for one in store_of(lambda store: store.watch.marks())} == {
        "reachable", "listed",
    }  # fmt: skip
    assert store_of(lambda store: store.watch.leases.lease()).holder == ""


def leader_of(store_of):
    lease = store_of(lambda store: store.watch.leases.lease())
    return int(lease.holder.split(" ")[1]) if lease is not None and lease.holder else None


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    "how", [signal.SIGTERM, pytest.param(signal.SIGKILL, marks=pytest.mark.slow)]
)
def test_the_watch_beside_the_backend_ends_with_it(started, groq, store_of, how):
    child = started("serve", "--port", "0", "--watch", GATEWAYZ_STORE="watch.db", **groq)
    until_said(child, "features: 6 good", "stderr")
    watch = leader_of(store_of)
    assert watch != child.pid
    child.send_signal(how)
    child.wait(20)

    until(lambda: not is_alive(watch))
    assert leader_of(store_of) is None, "it was let go of in order"


@pytest.mark.slow
def test_a_watch_that_dies_beside_the_backend_is_started_again(started, groq, store_of):
    import os

    child = started("serve", "--port", "0", "--watch", GATEWAYZ_STORE="watch.db", **groq)
    until_said(child, "features: 6 good", "stderr")
    first = leader_of(store_of)
    os.kill(first, signal.SIGKILL)
    until_said(child, "the watch ended with -9; it is started again", "stderr")
    until(lambda: leader_of(store_of) not in (None, first))
    child.send_signal(signal.SIGTERM)
    child.wait(20)


def test_a_host_that_is_back_is_up_also_where_the_selection_means_no_model(
    gatewayz, tmp_path, groq
):
    selection = ("--models", "*nosuch*", "--once", "-v", "--store", "watch.db")
    (tmp_path / "gatewayz.toml").write_text(
        "".join(f'[watch.tiers.{name}]\nevery = "1s"\n' for name in ("reachable", "listed"))
        + '[watch]\nrecheck = "1s"\n'
    )
    away, said = {**groq, "GROQ_BASE_URL": "http://127.0.0.1:9"}, ""
    for _ in range(2):
        gone = gatewayz("watch", "groq", *selection, **away)
        said += gone.stdout
        time.sleep(1)
    for _ in range(2):
        back = gatewayz("watch", "groq", *selection, **groq)
        said += back.stdout
        time.sleep(1)

    assert (gone.returncode, back.returncode) == (1, 0), said
    assert re.search(
        r"alert: DOWN: groq.*reachable: 1 good.*alert: RECOVERED: groq", said, re.DOTALL
    )
    assert "the selection (--models '*nosuch*') means none" in " ".join(back.stderr.split())
