"""Promises by the requests that the backend served, through the same count as by probes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gatewayz.cli.sla_report import sla_report
from gatewayz.config import load_settings
from gatewayz.core import ConfigError, Served
from gatewayz.core.availability import Standing
from gatewayz.core.objectives import Maintenance, Objective, Sla, Window
from gatewayz.measure.sla import alerts
from gatewayz.measure.traffic import request_results
from gatewayz.reports.sla._lines import sla_lines
from gatewayz.store import open_store
from gatewayz.store.promised import alerted, assessed

START = datetime(2026, 10, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
AVAILABLE = Objective(name="availability", kind="availability", share=0.9, probes=("traffic",))
QUICK = Objective(name="latency p50", kind="latency", share=0.5, limit=2.0, probes=("traffic",))
CUSTOMERS = Sla(
    name="customers",
    objectives=(AVAILABLE, QUICK),
    way="api",
    window=Window(rolling_s=7 * 86400.0),
    source="traffic",
)


def served(minute=0.0, status=200, kind="", failure_class="", **about):
    about = {"gateway": "groq", "model": "llama", "attempts": 1, "total_s": 1.0, **about}
    return Served(
        id="r", started_at=START + minute * MINUTE, endpoint="/v1/chat/completions", status=status,
        kind=kind, failure_class=failure_class, **about,
    )  # fmt: skip


@pytest.fixture
def store(tmp_path):
    opened = open_store(tmp_path / "s.db")
    yield opened
    opened.close()


def stands(store, *requests, sla=CUSTOMERS, minutes=60, **about):
    store.requests.record(requests)
    return assessed(store, [sla], at=START + minutes * MINUTE, **about)


COUNTED = {
    "answered": (served(), Standing.GOOD),
    "answered by the second try": (served(attempts=3), Standing.GOOD),
    "overloaded": (served(0, 503, "overloaded", "unavailable"), Standing.BAD),
    "cut off within the stream": (served(0, 200, "stream-cut", "protocol"), Standing.BAD),
    "of no known name": (served(0, 502, "", "network"), Standing.BAD),
    "cut off as the backend stopped": (served(1, 200, "server-stopping", "stopping"), Standing.BAD),
    "a bug of the backend's": (served(0, 500, "internal-error", "server-error"), Standing.BAD),
    "no key for the gateway": (served(0, 401, "auth-bad-key", "auth"), Standing.KEY),
    "their rate limit": (served(0, 429, "rate-limit", "rate-limit", upstream_s=0.1), Standing.RATE_LIMIT),
    "a bad request": (served(0, 400, "unsupported-value", "bad-request"), Standing.CALLER),
    "too long within the stream": (
        served(0, 200, "context-overflow-in-stream", "bad-request"), Standing.CALLER,
    ),
    "no such model": (served(0, 404, "model-not-found", "not-found"), Standing.CALLER),
    "no such model, says the account": (
        served(0, 404, "permission-model-not-in-plan", "permission"), Standing.CALLER,
    ),
    "blocked content": (served(0, 403, "moderation-block", "semantic"), Standing.CALLER),
    "its own limit here": (served(0, 429, "rate-limit", "rate-limit"), Standing.CALLER),
    "no such route there": (served(0, 404, "endpoint-not-found", "not-found"), Standing.CALLER),
    "asked of nobody": (served(0, 403, "", "permission", attempts=0), Standing.CALLER),
    "left first": (served(0, 499), Standing.LEFT_FIRST),
    "left first, and failing": (served(0, 499, "overloaded", "unavailable"), Standing.LEFT_FIRST),
    "nobody can tell": (served(0, 418, "", "a class of tomorrow"), Standing.UNKNOWN),
}  # fmt: skip


@pytest.mark.parametrize("how", COUNTED)
def test_each_request_counts_as_the_page_says(store, how):
    request, standing = COUNTED[how]
    available, *_ = stands(store, request, served(1))

    tally = replace(available.tally, good=available.tally.good - 1)
    found = {Standing.GOOD: tally.good, Standing.BAD: tally.bad, **tally.excluded}
    assert {name: count for name, count in found.items() if count} == {standing: 1}
    assert available.target == "groq/llama"


def test_what_no_gateway_was_found_for_is_in_no_target(store):
    assert stands(store, served(0, 401, gateway="", model="", attempts=0)) == ()


def test_a_name_that_a_caller_made_up_is_no_target(store):
    made_up = [served(n, 404, "model-not-found", "not-found", model=f"x{n}") for n in range(3)]
    found = stands(store, served(), *made_up)

    assert {one.target for one in found} == {"groq/llama"}


def test_shares_times_and_what_is_left_out_are_those_of_the_sheet(store):
    slow = [served(minute, total_s=3.0) for minute in range(10, 14)]
    good = [served(minute) for minute in range(10)]
    bad = [served(20, 503, "overloaded", "unavailable", total_s=9.0) for _ in range(2)]
    left = [served(21, 499), served(21, 499), served(22, 400, "unsupported-value", "bad-request")]
    available, quick = stands(store, *slow, *good, *bad, *left)

    assert (available.tally.good, available.tally.bad) == (14, 2)
    assert available.state == "broken"
    assert available.tally.excluded == {Standing.LEFT_FIRST: 2, Standing.CALLER: 1}
    # Ten of fourteen answers within two seconds; the failed ones have no time.
    assert (quick.tally.good, quick.tally.bad, quick.state) == (10, 4, "kept")
    assert quick.quantile.value == 1.0
    assert quick.tally.excluded[Standing.NOT_ANSWERED] == 2


def test_five_minutes_are_a_round_and_one_bad_request_of_many_is_no_trouble(store):
    requests = [
        served(minute + tenth / 10, *((503, "overloaded", "unavailable") if is_bad else ()))
        for minute in range(60)
        for tenth in range(10)
        for is_bad in [30 <= minute < 45 or tenth == 0]
    ]
    available, _ = stands(store, *requests)

    assert available.rounds == 12
    assert available.interval_s == 300
    (incident,) = available.incidents
    assert (incident.start, incident.end) == (START + 30 * MINUTE, START + 45 * MINUTE)
    assert available.down_s == 15 * 60


def test_alerts_are_told_of_requests_too(store):
    bad = (503, "overloaded", "unavailable")
    requests = [served(minute, *(bad if minute >= 60 else ())) for minute in range(120)]
    store.requests.record(requests)
    at = START + 120 * MINUTE
    (alert,) = [
        one for one in alerted(store, [CUSTOMERS], at=at) if one.objective == "availability"
    ]

    assert (alert.target, alert.severity, alert.ended_at) == ("groq/llama", "page", None)
    assert START + 60 * MINUTE <= alert.started_at <= START + 90 * MINUTE
    assert alert in alerts([CUSTOMERS], request_results(requests), at=at)


def test_maintenance_counts_for_nothing_here_too(store):
    announced = Maintenance(targets=("groq/*",), start=START, end=START + 5 * MINUTE)
    available, _ = stands(
        store, served(1, 503, "overloaded", "unavailable"), served(9), maintenance=(announced,)
    )

    assert (available.tally.good, available.tally.excluded) == (1, {Standing.MAINTENANCE: 1})


def test_probes_and_requests_are_never_mixed_and_stay_in_the_order_of_the_file(store):
    by_probes = replace(
        CUSTOMERS,
        name="probes",
        source="probes",
        objectives=(replace(AVAILABLE, probes=("chat", "streaming")),),
    )
    store.requests.record([served(), served(1, 503, "overloaded", "unavailable")])
    at = START + 60 * MINUTE

    assert assessed(store, [by_probes], at=at) == ()
    found = assessed(store, [by_probes, CUSTOMERS], at=at)
    assert {one.sla for one in found} == {"customers"}


def test_the_report_says_that_it_is_by_requests(store):
    store.requests.record([served(), served(1, 499)])
    told = "\n".join(sla_lines(sla_report(store, [CUSTOMERS], at=START + 60 * MINUTE), width=100))

    assert "customers: *, by the requests served, each model" in told
    assert "not counted: the client left first 1" in told


def test_a_damaged_record_is_told_and_not_counted(store):
    from gatewayz.core import StoreError

    store.requests.record([served()])
    with store._session.writing() as connection:
        connection.exec_driver_sql("UPDATE requests SET status = 503")

    with pytest.raises(StoreError, match="damaged"):
        assessed(store, [CUSTOMERS], at=START + 60 * MINUTE)


def read(tmp_path, text):
    (tmp_path / "gatewayz.toml").write_text(text)
    return load_settings(folder=tmp_path, environ={})


def test_a_file_names_its_source(tmp_path):
    settings = read(
        tmp_path,
        '[[sla]]\nsource = "traffic"\navailability = 90\nlatency = { p50 = 2 }\n'
        '[[sla]]\nname = "other"\navailability = 99\n',
    )
    by_traffic, other = settings.slas

    assert (by_traffic.source, by_traffic.way, other.source) == ("traffic", "api", "probes")
    assert {one.probes for one in by_traffic.objectives} == {("traffic",)}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('ttft = { p95 = "1s" }', 'source = "traffic" knows no ttft'),
        ("decode_rate = { p5 = 20 }", "knows no decode_rate"),
        ("features = { tool_call = 98 }", "knows no features"),
        ('probes = "chat"', "knows no probes"),
        ('way = "direct"', "leave out way"),
    ],
)
def test_what_a_record_does_not_tell_is_refused_in_one_line(tmp_path, line, said):
    with pytest.raises(ConfigError, match=said):
        read(tmp_path, f'[[sla]]\nsource = "traffic"\navailability = 99\n{line}\n')


def test_an_unknown_source_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="unknown choice 'both'; known: probes, traffic"):
        read(tmp_path, '[[sla]]\nsource = "both"\navailability = 99\n')


def test_of_requests_of_which_only_the_failed_ones_were_left_nothing_is_told(store):
    """Nothing that is left would end what they began."""
    bad = [served(minute, 502, "bad-gateway-html", "server-error") for minute in range(60, 120, 5)]
    well = [served(minute) for minute in (*range(0, 60, 5), *range(120, 600, 5))]
    before, *_ = stands(store, *bad, *well, minutes=600)
    store.copies.prune(START + 400 * MINUTE, keep_failed=True)
    after, *_ = assessed(store, [CUSTOMERS], at=START + 600 * MINUTE)

    assert [one.end for one in before.incidents] == [START + 120 * MINUTE]
    assert (after.incidents, after.tally.bad, after.state) == ((), 0, "kept")
    assert after.tally.good == 40
