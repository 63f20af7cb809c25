"""Who opens the bare address in a browser lands on the dashboard; programs get what they got before."""

import pytest

CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


def test_a_browser_is_led_to_the_dashboard(shown):
    answer = shown.get("/", accept=CHROME)

    assert (answer.status, answer.headers["location"]) == (302, "status")
    assert answer.headers["vary"] == "Accept"
    assert answer.body == b""


def test_one_without_a_key_is_led_there_too_and_asked_for_it_there(locked):
    assert locked.get("/", accept=CHROME).headers["location"] == "status"
    assert locked.get("/status", accept=CHROME).status == 401


@pytest.mark.parametrize(
    "accept",
    ["*/*", "application/json", "application/json, text/html;q=0.9", "text/html;q=0", "text/html;q=x", ""],
)  # fmt: skip
def test_a_program_is_told_that_there_is_nothing(shown, accept):
    answer = shown.get("/", accept=accept)

    assert answer.status == 404
    assert answer.json["error"]["code"] == "path_not_found"


def test_the_icon_that_every_browser_asks_for_is_none_and_no_fault(shown, locked):
    for client in (shown, locked):
        answer = client.get("/favicon.ico", accept="image/avif,*/*;q=0.8")

        assert (answer.status, answer.body) == (204, b"")
        assert answer.headers["cache-control"] == "max-age=86400"
    assert shown.ask("POST", "/favicon.ico", "{}").status == 404


def test_no_other_path_leads_there(shown):
    assert shown.get("/nothing", accept=CHROME).status == 404
    assert shown.ask("POST", "/", "{}", {"accept": CHROME}).status == 404
