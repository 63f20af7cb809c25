"""The forms of the dashboard are taken from its own pages, and lead back to where one was."""

import html
import re

import pytest
from tests.server.pages.test_entrance import log_in, pass_of
from tests.watched import OWN

FOREIGN = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site", "origin": "http://localhost:3000"},
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "http://gw.example:81", "host": "gw.example"},
    {"origin": "https://gw.example.evil.example", "host": "gw.example"},
]
OWN_PAGES = [
    {},
    {"sec-fetch-site": "none"},
    {"sec-fetch-site": "same-origin", "origin": "null"},
    {"origin": "https://gw.example", "host": "GW.example"},
    {"origin": "https://gw.example", "host": "127.0.0.1:8000", "x-forwarded-host": "gw.example"},
]


def post(client, path, headers):
    kind = {"content-type": "application/x-www-form-urlencoded"}
    return client.ask("POST", path, f"key={OWN}", {**kind, **headers})


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("path", ["/status/login", "/status/logout"])
def test_a_page_of_another_site_can_log_nobody_in_or_out(locked, path, headers):
    answer = post(locked, path, headers)

    assert (answer.status, answer.error["code"]) == (403, "foreign_form")
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("headers", OWN_PAGES)
@pytest.mark.parametrize("path", ["/status/login", "/status/logout"])
def test_our_own_pages_and_programs_can(locked, path, headers):
    answer = post(locked, path, headers)

    assert answer.status == 303
    assert "set-cookie" in answer.headers


def test_browsers_are_let_say_that_a_form_is_of_our_page(locked):
    """Under "no-referrer" they would call the origin of every form "null"."""
    assert locked.get("/status").headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize(
    "place",
    ["/status/models/groq/qwen/qwen3-32b?span=24h&x=%26%22", "/status/runs?offset=50", "/status"],
)
def test_one_comes_back_to_the_page_that_was_asked_for_with_its_query(locked, place):
    form = locked.get(place).body.decode()
    onward = html.unescape(re.search(r'name="onward"[^>]*value="([^"]*)"', form)[1])
    answer = log_in(locked, OWN, onward=onward)

    assert answer.headers["location"] == place
    assert locked.get(place, cookie=pass_of(answer)).status == 200


def test_a_query_without_measure_is_left_out(locked):
    form = locked.get("/status/runs?offset=" + "1" * 9000).body.decode()

    assert 'value="/status/runs"' in form
