"""Limits of a key: exact, in any sixty seconds, whatever comes at once."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatewayz.core import Allowance
from gatewayz.server.foreseen import most_tokens
from gatewayz.server.gauges import WINDOW_S, Gauge, Window
from gatewayz.server.refusals import Refusal
from gatewayz.server.routing import CHAT, Order


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def refusal_of(act):
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value


@settings(max_examples=300, deadline=None)
@given(st.integers(1, 8), st.lists(st.floats(0, 30), max_size=60))
def test_no_sixty_seconds_hold_more_requests_than_the_limit(limit, pauses):
    clock = Clock()
    gauge = Gauge(Allowance(requests_per_minute=limit), clock)
    entered = []
    for pause in pauses:
        clock.now += pause
        try:
            gauge.enter()
        except Refusal:
            recent = [moment for moment in entered if moment > clock.now - WINDOW_S]
            assert len(recent) == limit  # refused only when it had to be
        else:
            entered.append(clock.now)
    for start in entered:
        assert len([m for m in entered if start <= m < start + WINDOW_S]) <= limit


@settings(max_examples=300, deadline=None)
@given(
    st.integers(1, 100),
    st.lists(st.tuples(st.floats(0, 30), st.integers(0, 60), st.integers(0, 60)), max_size=40),
)
def test_a_window_is_the_sum_of_what_was_spent_and_corrected(limit, steps):
    window, now, kept = Window(limit), 0.0, []
    for pause, amount, really in steps:
        now += pause
        window.correct(window.spend(amount, now), really, now)
        kept.append((now, really))
        assert window.left(now) == limit - sum(n for at, n in kept if at > now - WINDOW_S)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 20), st.integers(0, 50)), min_size=1, max_size=20))
def test_after_the_wait_so_much_is_left_and_not_before(steps):
    window, now = Window(100), 0.0
    for pause, amount in steps:
        now += pause
        window.spend(amount, now)

    wait_s = window.wait_s(80, now)

    if wait_s > 0:
        assert window.left(now + wait_s * 0.999) < 80
    assert window.left(now + wait_s + 1e-6) >= 80


def test_a_refusal_says_when_to_come_back_and_counts_for_nothing():
    clock = Clock()
    gauge = Gauge(Allowance(requests_per_minute=2), clock)
    gauge.enter()
    clock.now += 20
    gauge.enter()
    clock.now += 10

    refused = [refusal_of(gauge.enter) for _ in range(50)]

    assert {r.status for r in refused} == {429}
    assert {r.headers["retry-after"] for r in refused} == {"30"}
    assert {(r.type, r.code, r.kind, r.failure_class) for r in refused} == {
        ("requests", "rate_limit_exceeded", "rate-limit", "rate-limit")
    }
    clock.now += 30
    gauge.enter()
    assert refusal_of(gauge.enter).headers["retry-after"] == "20"


def test_at_a_time_counts_who_is_there():
    gauge = Gauge(Allowance(concurrency=2))
    gauge.enter()
    gauge.enter()

    assert refusal_of(gauge.enter).kind == "rate-limit-concurrency"
    gauge.leave()
    gauge.enter()
    assert refusal_of(gauge.enter).headers["retry-after"] == "1"


def test_tokens_are_set_aside_before_and_settled_after():
    clock = Clock()
    gauge = Gauge(Allowance(tokens_per_minute=1000), clock)
    first = gauge.reserve(600)

    refused = refusal_of(lambda: gauge.reserve(500))
    assert (refused.status, refused.type) == (429, "tokens")

    gauge.settle(first, 100)
    second = gauge.reserve(900)
    gauge.settle(second, 2000)  # more than it had said: nothing is left until it is out of sight
    assert refusal_of(lambda: gauge.reserve(1)).headers["retry-after"] == "60"
    clock.now += WINDOW_S
    gauge.reserve(1000)


def test_what_was_settled_too_late_changes_nothing():
    clock = Clock()
    gauge = Gauge(Allowance(tokens_per_minute=1000), clock)
    slow = gauge.reserve(600)
    clock.now += WINDOW_S
    gauge.reserve(1000)

    gauge.settle(slow, 0)

    assert refusal_of(lambda: gauge.reserve(1)).status == 429


@pytest.mark.parametrize("took_s", [59, 61, 600])
def test_what_was_not_foreseen_counts_from_when_it_is_known_however_long_that_took(took_s):
    clock = Clock()
    gauge = Gauge(Allowance(tokens_per_minute=1000), clock)
    slow = gauge.reserve(100)
    clock.now += took_s

    gauge.settle(slow, 1050)

    clock.now += 2
    left = 1000 - 950
    assert refusal_of(lambda: gauge.reserve(left + 1)).headers["retry-after"] == "58"
    gauge.reserve(left)


def test_a_request_that_never_fits_is_told_so():
    gauge = Gauge(Allowance(tokens_per_minute=1000))

    refused = refusal_of(lambda: gauge.reserve(1001, "max_tokens of {}".format))
    unbounded = refusal_of(lambda: gauge.reserve(1001))

    assert (refused.status, refused.code) == (400, "tokens_over_limit")
    assert refused.param == "max_tokens of 1000"
    assert "ask for less with 'max_tokens of 1000'" in refused.message
    assert unbounded.param == ""
    assert "max_tokens" not in unbounded.message
    assert "retry-after" not in refused.headers


def test_one_that_is_turned_away_after_all_counts_for_nothing():
    clock = Clock()
    gauge = Gauge(Allowance(requests_per_minute=2, concurrency=1), clock)
    for _ in range(2000):
        gauge.turn_away(clock.now, gauge.enter())
        clock.now += 0.01
    gauge.enter()
    gauge.leave()
    gauge.enter()
    gauge.leave()

    assert refusal_of(gauge.enter).type == "requests"


def test_without_limits_nothing_is_counted():
    gauge = Gauge(Allowance())
    for _ in range(1000):
        gauge.enter()

    assert not gauge.counts_tokens
    assert gauge.reserve(10**9) is None
    gauge.settle(None, 5)


@pytest.mark.parametrize(
    ("content", "tokens"),
    [
        ("x" * 300, 100),
        ([{"type": "image_url", "image_url": {"url": "data:image/png;base64," + "x" * 9000}}], 0),
    ],
)
def test_tokens_are_foreseen_by_what_is_sent_but_for_pictures(acme, content, tokens):
    body = {"model": "one", "messages": [{"role": "user", "content": content}], "max_tokens": 50}
    order = Order(endpoint=CHAT, gateway=acme, model="one", body=body, stream=False, key=None)
    data = json.dumps(body).encode()

    assert tokens + 50 < sum(most_tokens(order, data)) < tokens + 50 + 70
