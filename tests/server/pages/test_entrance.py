"""Who may look at the dashboard, and how a browser shows a key."""

import re
from urllib.parse import urlencode

import pytest
from tests.watched import OWN, keep, list_verdict, run_of

from gatewayz.config import key_secret
from gatewayz.core.client_key import Allowance, new_key
from gatewayz.core.units import utc_now
from gatewayz.store import open_store

PAGES = ("/status", "/status/gateways/groq", "/status/models/groq/qwen/qwen3-32b")
OF_RUNS = ("/status/runs", "/status/live", "/status/runs/last")
FIGURES = ("/api/v1/status", "/api/v1/incidents", "/api/v1/sla", "/api/v1/timeline", "/api/v1/runs", "/api/v1/live")  # fmt: skip


def log_in(client, key, onward="/status"):
    body = urlencode({"key": key, "onward": onward})
    return client.ask("POST", "/status/login", body, {"content-type": "application/x-www-form-urlencoded"})  # fmt: skip


def pass_of(answer):
    return answer.headers["set-cookie"].partition(";")[0]


def test_this_machine_looks_freely_while_there_is_no_key(shown):
    for path in (*PAGES, *OF_RUNS, *FIGURES):
        assert shown.get(path).status == 200, path


def test_a_page_of_elsewhere_that_points_its_name_here_sees_nothing(shown):
    for path in (*PAGES, *FIGURES, "/badge/groq.svg"):
        assert shown.get(path, host="evil.example").status == 403
        assert shown.get(path, **{"x-forwarded-for": "203.0.113.9"}).status == 403


def test_who_has_no_key_is_asked_for_one_by_a_form(locked):
    for path in (*PAGES, *OF_RUNS):
        answer = locked.get(path)
        assert answer.status == 401
        assert b'type="password"' in answer.body
        assert b"gpt-oss" not in answer.body
    for path in (*FIGURES, "/badge/groq.svg"):
        assert locked.get(path).status == 401
        assert locked.get(path).error["kind"] == "auth-no-key"


def test_a_key_in_the_form_is_exchanged_for_a_pass(locked):
    answer = log_in(locked, OWN, onward="/status/runs")

    assert (answer.status, answer.headers["location"]) == (303, "/status/runs")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert OWN not in cookie
    for path in (*PAGES, *OF_RUNS, *FIGURES):
        assert locked.get(path, cookie=pass_of(answer)).status == 200, path
    assert b"Log out" in locked.get("/status", cookie=pass_of(answer)).body


def test_a_pass_opens_the_dashboard_alone(locked):
    cookie = pass_of(log_in(locked, OWN))

    for path in ("/v1/models", "/models", "/metrics", "/health/gateways"):
        assert locked.get(path, cookie=cookie).status == 401
    assert locked.chat(headers={"cookie": cookie}).status == 401


def test_a_wrong_key_gives_no_pass(locked):
    answer = log_in(locked, "gw-another")

    assert answer.status == 401
    assert "set-cookie" not in answer.headers
    assert b"not known here" in answer.body
    assert locked.get("/status", cookie="gatewayz_pass=1.2").status == 401


def test_logging_out_takes_the_pass_back(locked):
    answer = locked.ask("POST", "/status/logout")

    assert answer.status == 303
    assert "Max-Age=0" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    "onward", ["https://evil.example", "//evil.example", "/status\r\nx: y", "/statusé", "javascript:1", "/other", "/status\\evil"]
)  # fmt: skip
def test_the_form_leads_to_no_other_place(locked, onward):
    assert log_in(locked, OWN, onward=onward).headers["location"] == "/status"


def test_a_key_as_programs_send_it_does_too(locked):
    for path in (*PAGES, *OF_RUNS, *FIGURES):
        assert locked.get(path, authorization=f"Bearer {OWN}").status == 200, path
        assert locked.get(path, authorization="Bearer wrong").status == 401


def test_the_status_pages_may_be_public_and_runs_never_are(start, acme, filled):
    client = start(acme, GATEWAYZ_STORE=filled, GATEWAYZ_API_KEY=OWN, GATEWAYZ_STATUS_PAGE="public")

    for path in (*PAGES, "/badge/groq.svg"):
        assert client.get(path).status == 200
    assert client.get("/badge/groq.svg").headers["cache-control"] == "max-age=10"
    assert b"/status/runs" not in client.get("/status").body
    for path in (*OF_RUNS, *FIGURES):
        assert client.get(path).status == 401
        assert client.get(path, authorization=f"Bearer {OWN}").status == 200


def test_without_keys_the_public_sees_the_status_pages_alone(start, acme, filled):
    client = start(acme, GATEWAYZ_STORE=filled, GATEWAYZ_STATUS_PAGE="public")
    elsewhere = {"x-forwarded-for": "203.0.113.9"}

    assert client.get("/status", **elsewhere).status == 200
    assert client.get("/status/runs", **elsewhere).status == 403
    assert client.get("/v1/models", **elsewhere).status == 403


@pytest.fixture
def limited(request, start, acme, filled, settings_with):
    """A client whose key may use one gateway alone, where the list of another fails."""
    allowance = getattr(request, "param", Allowance(gateways=("groq",)))
    settings = settings_with(GATEWAYZ_STORE=filled, ACME_API_KEY="k", GATEWAYZ_KEY_SECRET="s" * 40)
    store, now = open_store(filled), utc_now()
    key, kept = new_key("ann", key_secret(settings), created_at=now, allowance=allowance)
    store.keys.add(kept)
    keep(store, run_of(now, [list_verdict("chutes", now, "server-500-json")]))
    store.close()
    return start(acme, settings=settings, headers={"authorization": f"Bearer {key}"})


def test_a_clients_key_shows_what_it_may_use(limited):
    page = limited.get("/status").body.decode()

    assert re.findall(r'href="/status/gateways/(\w+)"', page).count("groq") == 2
    assert "xai" not in page
    assert limited.get("/status/gateways/xai").status == 404
    assert limited.get("/badge/xai.svg").status == 404
    assert {one["gateway"] for one in limited.get("/api/v1/status").json["data"]} == {"groq"}
    assert limited.get("/api/v1/timeline").status == 403
    assert limited.get("/api/v1/timeline?gateway=groq").status == 200
    assert limited.get("/api/v1/incidents").json["data"] == []
    for path in OF_RUNS:
        assert limited.get(path).status == 403


@pytest.mark.parametrize(
    ("limited", "all_of_it"),
    [
        (Allowance(gateways=("groq",)), True),
        (Allowance(models=("groq/*",)), True),
        (Allowance(models=("groq/qwen*", "*q/*")), True),
        (Allowance(models=("groq/[a-z]*",)), False),
        (Allowance(gateways=("groq",), models=("groq/[!x]*", "g*q/??")), False),
        (Allowance(gateways=("groq",), models=("groq/?*[a-z0-9]",)), False),
    ],
    indirect=["limited"],
)
def test_what_all_models_of_a_gateway_come_to_is_shown_to_whom_may_use_all(limited, all_of_it):
    page = limited.get("/status/gateways/groq").body.decode()

    assert ("of all its models together, and this key may not use all" in page) is not all_of_it
    assert ("<figure" in page) is all_of_it
    for figures in ("timeline", "history"):
        told = limited.get(f"/api/v1/{figures}?gateway=groq")
        assert told.status == (200 if all_of_it else 403)


@pytest.mark.parametrize(
    "limited", [Allowance(models=("groq/*",)), Allowance(models=("groq/qwen*", "g*q/*"))], indirect=True
)  # fmt: skip
def test_a_clients_key_that_is_limited_by_models_shows_no_gateway_that_has_none_of_them(limited):
    page = limited.get("/status").body.decode()
    told = limited.get("/api/v1/status").json

    assert "groq" in page
    assert [one["gateway"] for one in told["gateways"]] == ["groq"]
    assert limited.get("/status/gateways/groq").status == 200
    for other in ("xai", "chutes"):
        assert other not in page
        assert limited.get(f"/status/gateways/{other}").status == 404
        assert limited.get(f"/badge/{other}.svg").status == 404


@pytest.mark.parametrize(
    "query", ["gateway=*", "gateway=g*", "gateway=xai", "gateway=groq&model=x[a]"]
)
def test_no_pattern_lets_a_clients_key_see_more(limited, query):
    assert limited.get(f"/api/v1/timeline?{query}").status == 403
    assert limited.get(f"/api/v1/history?{query}").status == 403


def test_a_clients_key_named_as_the_servers_own_takes_nothing_from_it(
    start, acme, filled, settings_with
):
    environ = {"GATEWAYZ_STORE": filled, "GATEWAYZ_KEY_SECRET": "s" * 40, "GATEWAYZ_API_KEY": OWN}
    settings = settings_with(ACME_API_KEY="k", **environ)
    store = open_store(filled)
    made = {"created_at": utc_now(), "allowance": Allowance(gateways=("groq",))}
    key, kept = new_key("GATEWAYZ_API_KEY", key_secret(settings), **made)
    store.keys.add(kept)
    store.close()
    client = start(acme, settings=settings)

    assert client.get("/status/runs", cookie=pass_of(log_in(client, OWN))).status == 200
    assert client.get("/status/runs", cookie=pass_of(log_in(client, key))).status == 403
