"""When to come back, as it is said outside of headers; those are in `test_error_bodies.py`."""

import pytest

from gatewayz.client.waits import number, plain_keys, retry_after, wait_in_body, wait_in_words

NOW = 1_787_000_000.0


@pytest.mark.parametrize(
    ("message", "seconds"),
    [
        ("Please try again in 7.66s.", 7.66),
        ("Please try again in 5m45.6s", 345.6),
        ("Please try again in 250ms", 0.25),
        ("please retry after 6 seconds", 6),
        ("try again in 2 minutes", 120),
        ("Wait 1 hour before the next call", 3600),
        ("Bitte warten Sie 20 Sekunden", 20),
        ("Bitte in 10 Sekunden erneut versuchen", 10),
        ("Veuillez réessayer dans 3 minutes", 180),
        ("повторите через 20 секунд", 20),
        ("请 5 秒后重试", 5),
        ("10分後に再試行してください", 600),
        ("30초 후에 다시 시도하세요", 30),
        ("come back in 2 days", 172800),
        ("Please try again in 1h2m3.5s", 3723.5),
        ("Please try again in 27m10.655999999s.", 1630.656),
        ("Try again in 23h59m59.999s", 86399.999),
        ("wait 1d2h", 93600),
        ("retry in 2 hours and 5 minutes", 7500),
        ("Bitte in 2 Stunden und 5 Minuten erneut versuchen", 7500),
        ("请1小时30分钟后重试", 5400),
        # What is no smaller is no part of it.
        ("try again in 7s, 5 min at most", 7),
        ("try again in 20s, 30s", 20),
        ("wait 999999 days", 366 * 86400),
        ("Please try again later.", None),
        ("Limit: 3 per minute", None),
        ("您已达到请求数限制：1分钟内最多请求10次", None),
        ("try again with 3 more tokens", None),
        ("", None),
    ],
)
def test_a_sentence_can_say_when_to_come_back(message, seconds):
    found = wait_in_words(message)

    assert found == (seconds if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"anthropic-ratelimit-requests-reset": "2026-08-17T20:54:20Z",
          "anthropic-ratelimit-requests-remaining": "0"}, 60),
        ({"ratelimit-reset": "12", "ratelimit-remaining": "0"}, 12),
        ({"x-rate-limit-reset": "7"}, 7),
        ({"x-ratelimit-reset": "2026-08-17T20:54:20"}, 60),
        ({"x-ratelimit-reset": "2026-99-99T00:00:00Z"}, None),
        ({"x-ratelimit-reset": "never"}, None),
        ({"x-ratelimit-limit": "7"}, None),
    ],
)  # fmt: skip
def test_a_window_can_end_at_a_moment(headers, seconds):
    found = retry_after(headers, now_s=NOW)

    assert found == (seconds if seconds is None else pytest.approx(seconds))


def test_a_wait_is_found_in_inner_objects_and_in_headers_that_are_repeated_there():
    assert wait_in_body(plain_keys({"details": [1, {"retryDelay": "37s"}]})) == 37
    assert wait_in_body(plain_keys({"error": {"retry_after": 3}})) == 3
    assert wait_in_body(plain_keys({"metadata": {"headers": {"Retry-After": "9"}}})) == 9
    assert wait_in_body(plain_keys({"retry_after": True, "details": None})) is None


@pytest.mark.parametrize("told", [1e308, "1" * 300 + "s", "9999-12-31T23:59:59"])
def test_nobody_waits_for_more_than_a_year(told):
    year = 366 * 86400

    assert wait_in_body({"retryafter": told}) == year
    assert retry_after({"x-ratelimit-reset": str(told)}, now_s=NOW) == year
    assert retry_after({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}, now_s=NOW) == year


def test_numbers_are_finite_and_keys_are_plain():
    assert number("12") == 12
    assert number("1e999") is None
    assert number(10**400) is None
    assert number([]) is None
    assert plain_keys({"Retry-After": 1, "retry_after": 2}) == {"retryafter": 1}


def test_of_many_rows_only_the_first_are_looked_through_for_a_wait():
    rows = [{}] * 9 + [{"retry_after": 7}]

    assert wait_in_body({"details": rows}) == 7
    assert wait_in_body({"details": [{}, *rows]}) is None
