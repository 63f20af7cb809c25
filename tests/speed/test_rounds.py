"""A whole run, small, with gateways that are here, that are not, and that break down."""

import contextlib
import os
import sys
from dataclasses import replace

import pytest

if not sys.platform.startswith("linux"):
    pytest.skip("measures by what Linux tells", allow_module_level=True)

from benchmarks.gateway import contenders, usage
from benchmarks.gateway.contenders import CONTENDERS, Contender, direct, gatewayz_serve, nginx
from benchmarks.gateway.load import Asked, LoadError, ask_once
from benchmarks.gateway.page import page
from benchmarks.gateway.rounds import HIGH_PER_S, MODEST_PER_S, Plan, Run, running_upstream
from benchmarks.gateway.samples import Paced, ratios
from benchmarks.gateway.upstream import STAMP
from benchmarks.processes import Server
from benchmarks.real_parts.peers import NotHereError

TINY = Plan(
    rounds=2,
    starts=2,
    heat_s=0.02,
    warm_s=0.01,
    closed_s=0.03,
    rate_s=0.1,
    ramp_s=0.04,
    streams_s=0.06,
    settle_s=1.0,
)


@contextlib.contextmanager
def not_here(upstream, core):
    raise NotHereError("not installed; run `make it-so`")
    yield


def named(name, start):
    return Contender(name, name.title(), start, lambda: "1.0")


@pytest.fixture
def cores():
    try:
        return usage.two_cores()
    except usage.TooFewCoresError as reason:
        pytest.skip(str(reason))


def test_all_that_are_here_get_a_row_and_the_others_a_reason(cores):
    before, told = os.sched_getaffinity(0), []
    run = Run(TINY, cores, told.append)

    rows = run.figures((named("direct", direct), named("away", not_here), named("nginx", direct)))

    assert [row["name"] for row in rows] == ["direct", "nginx"]
    assert run.skipped == {"away": "not installed; run `make it-so`"}
    assert "skipped: Away: not installed; run `make it-so`" in told
    assert os.sched_getaffinity(0) == before
    row = rows[1]
    assert row["closed_loop"]["16"]["per_s"] > 100
    assert 0 < row["closed_loop"]["16"]["cpu_us"] < 10_000
    assert row["at_rate"]["100"]["answered"] == 1.0
    assert row["streams"]["64"]["first_p50_us"] > 0
    assert row["memory"]["idle"]["rss_mb"] > 1
    machine = {"cpu": "A CPU", "cores": 2, "system": "Linux 6", "python": "3.11.7"}
    figures = {"date": "2026-11-26", "short": True, "niceness": 0, "machine": machine}
    figures |= {"plan": vars(TINY), "bytes": {"request": 1, "answer": 1}, "others": run.others}
    figures |= {"gateways": rows, "ratios": ratios(rows), "skipped": run.skipped}
    assert "| Nginx | " in page(figures)


def test_a_rate_that_the_direct_way_never_kept_up_with_is_told_of_nobody(cores):
    run = Run(replace(TINY, rounds=1, starts=1), cores, lambda _: None)
    real = run._at_rate

    def the_direct_way_is_slow(one, per_s):
        if per_s == HIGH_PER_S:
            if one.contender.name != contenders.DIRECT:
                one.paced[per_s] = [Paced(10, [0.001] * 10)]
            return
        real(one, per_s)

    run._at_rate = the_direct_way_is_slow
    rows = run.figures((named("direct", direct), named("other", direct)))

    assert [list(row["at_rate"]) for row in rows] == [[str(MODEST_PER_S)]] * 2


def test_one_that_breaks_down_is_left_out_and_the_others_go_on(cores):
    @contextlib.contextmanager
    def breaks_down(upstream, core):
        with running_upstream() as another:
            yield contenders.Started(another, Asked(another.port, "bench"))

    run = Run(replace(TINY, rounds=1, starts=1), cores, lambda _: None)
    broken = named("broken", breaks_down)
    real = run._streams

    def then_it_breaks(one, count):
        if one.contender is broken:
            raise LoadError("cannot send: gone")
        real(one, count)

    run._streams = then_it_breaks
    rows = run.figures((named("direct", direct), broken))

    assert [row["name"] for row in rows] == ["direct"]
    assert run.skipped == {"broken": "broke down: cannot send: gone"}


def test_this_backend_checks_its_key_and_passes_streams_on():
    with running_upstream() as upstream, gatewayz_serve(upstream, None) as started:
        asked = started.asked
        assert b'"chat.completion"' in ask_once(asked, asked.plain(), 20)
        assert len(STAMP.findall(ask_once(asked, asked.streamed(3), 20))) == 3

        stranger = replace(asked, headers={"authorization": "Bearer gwz_another"})
        with pytest.raises(LoadError, match="answers 401"):
            ask_once(stranger, stranger.plain(), 20)


def test_nginx_passes_everything_on():
    with contextlib.ExitStack() as stack:
        upstream = stack.enter_context(running_upstream())
        try:
            asked = stack.enter_context(nginx(upstream, None)).asked
        except NotHereError as reason:
            pytest.skip(str(reason))

        assert b'"chat.completion"' in ask_once(asked, asked.plain(), 20)
        assert len(STAMP.findall(ask_once(asked, asked.streamed(3), 20))) == 3


def test_where_nginx_is_not_installed_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(contenders.shutil, "which", lambda *_, **__: None)

    with pytest.raises(NotHereError, match="apt-get install nginx"), nginx(Server("", 0), None):
        pass


def test_the_names_are_distinct_and_direct_is_the_first():
    names = [one.name for one in CONTENDERS]

    assert names[0] == contenders.DIRECT
    assert len(set(names)) == len(names)
