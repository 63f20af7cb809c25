"""Going on to another model: only when asked, and only before the first byte."""

import json
import time

import pytest

from gatewayz.config import load_settings
from gatewayz.core import Gateway


@pytest.fixture
def other(new_provider):
    return new_provider()


@pytest.fixture
def both(start, acme, other, kept_at):
    """A client of acme and of a second gateway, zeta."""
    zeta = Gateway(name="zeta", base_url=other.url, key_required=False)
    return start(acme, zeta, GATEWAYZ_STORE=kept_at)


def error(wire, status, message="no", **headers):
    return wire.whole(json.dumps({"error": {"message": message}}).encode(), status, **headers)


def test_the_next_one_answers_and_the_reply_says_who(both, provider, other, wire):
    provider.script = [error(wire, "503 Busy")]

    answer = both.chat(fallbacks=["zeta/two"])

    assert (answer.status, answer.body) == (200, wire.COMPLETION)
    assert answer.headers["x-gatewayz-gateway"] == "zeta"
    assert answer.headers["x-gatewayz-model"] == "two"
    assert answer.headers["x-gatewayz-attempts"] == "2"
    assert other.chats()[0].json == {
        "model": "two",
        "messages": [{"role": "user", "content": "hi"}],
    }


def test_what_one_took_that_failed_is_none_of_our_own_time(both, provider, wire):
    provider.script = [0.6, error(wire, "503 Busy")]

    answer = both.chat(fallbacks=["zeta/two"])

    assert answer.headers["x-gatewayz-gateway"] == "zeta"
    assert int(answer.headers["x-gatewayz-overhead-us"]) < 400_000
    assert int(answer.headers["x-gatewayz-upstream-us"]) < 400_000


@pytest.mark.parametrize("failing", [0, 1])
def test_a_wait_for_anothers_list_is_none_of_our_own_time(both, provider, other, wire, failing):
    other.models = [0.6, wire.whole(b'{"object":"list","data":[]}')]

    asked = ["nobody"] * failing + ["one"]
    began = time.monotonic()
    answer = both.chat(model=asked[0], fallbacks=asked[1:])
    took_us = (time.monotonic() - began) * 1e6

    assert (answer.status, answer.headers["x-gatewayz-gateway"]) == (200, "acme")
    assert took_us > 550_000
    assert int(answer.headers["x-gatewayz-overhead-us"]) < 400_000
    # It is taken out once.
    assert int(answer.headers["x-gatewayz-overhead-us"]) > 0


def test_a_first_answer_is_the_only_one(both, provider, other):
    answer = both.chat(fallbacks=["zeta/two"])

    assert answer.headers["x-gatewayz-attempts"] == "1"
    assert (len(provider.chats()), len(other.chats())) == (1, 0)
    assert "fallbacks" not in provider.chats()[0].json


def test_nobody_is_asked_in_anothers_place_unasked(both, provider, other, wire):
    provider.script = [error(wire, "503 Busy")]

    answer = both.chat()

    assert answer.status == 503
    assert answer.headers["x-gatewayz-attempts"] == "1"
    assert not other.chats()


@pytest.mark.parametrize("script", ["reset", "close", "429", "401", "404"])
def test_whatever_the_gateway_fails_by_the_next_is_asked(both, provider, other, wire, script):
    provider.script = [script] if script.isalpha() else [error(wire, f"{script} X")]

    assert both.chat(fallbacks=["zeta/two"]).headers["x-gatewayz-gateway"] == "zeta"


def test_a_request_that_is_wrong_stays_wrong(both, provider, other, wire):
    provider.script = [error(wire, "400 Bad Request", "'temperature' must be at most 2")]

    answer = both.chat(fallbacks=["zeta/two"])

    assert (answer.status, answer.headers["x-gatewayz-attempts"]) == (400, "1")
    assert not other.chats()


@pytest.mark.parametrize(
    "said",
    [b'{"error":"no messages"}', b'{"detail":"no messages"}', b'[{"error":{"message":"none"}}]'],
)
def test_a_request_that_is_wrong_stays_wrong_in_whatever_shape_that_is_told(
    both, provider, other, wire, said
):
    provider.script = [wire.whole(said, "400 Bad Request")]
    answer = both.chat(fallbacks=["zeta/two"])
    told = {one["gateway"]: one for one in both.get("/health/gateways").json["data"]}

    assert (answer.status, answer.headers["x-gatewayz-attempts"]) == (400, "1")
    assert not other.chats()
    assert told["acme"]["traffic"]["failures"] == {}, "it says nothing of the gateway"


def test_the_last_ones_error_is_told_when_none_answers(both, provider, other, wire):
    provider.script = [error(wire, "503 Busy")]
    other.script = [error(wire, "429 Slow", "later", Retry_After="7")]

    answer = both.chat(fallbacks=["zeta/two"])

    assert (answer.status, answer.error["gateway"]) == (429, "zeta")
    assert answer.headers["retry-after"] == "7"
    assert answer.headers["x-gatewayz-attempts"] == "2"


def test_an_answer_that_has_begun_is_nobody_elses(both, provider, other, wire):
    provider.script = [wire.STREAM, wire.chunk(wire.event("Test")), 0.2, "reset"]

    answer = both.chat(stream=True, fallbacks=["zeta/two"])

    assert answer.status == 200
    assert b"[DONE]" not in answer.body
    assert b'"error"' in answer.body
    assert not other.chats()


def test_a_named_gateway_is_the_first_ones_alone(both, provider, other, wire):
    provider.script = [error(wire, "503 Busy")]

    answer = both.chat(provider="acme", model="one", fallbacks=["zeta/two"])

    assert answer.headers["x-gatewayz-gateway"] == "zeta"


def test_providers_own_field_of_that_name_stays_with_each(both, provider, other, wire):
    provider.script = [error(wire, "503 Busy")]
    ours = {"data_collection": "deny"}

    answer = both.chat(provider=ours, model="acme/one", fallbacks=["zeta/two"])

    assert answer.headers["x-gatewayz-gateway"] == "zeta"
    assert [one.chats()[0].json["provider"] for one in (provider, other)] == [ours, ours]


def test_a_fallback_of_the_same_name_is_not_the_named_gateways(both, provider, other, wire):
    provider.script = [error(wire, "503 Busy")]
    other.models = b'{"object":"list","data":[{"id":"m1"}]}'

    answer = both.chat(provider="acme", model="m1", fallbacks=["m1"])

    assert (answer.status, answer.headers["x-gatewayz-gateway"]) == (200, "zeta")
    assert (len(provider.chats()), len(other.chats())) == (1, 1)


def test_an_error_says_who_has_told_it_and_that_one_was_asked(both, provider, wire):
    provider.script = [error(wire, "429 Slow down", Retry_After="7")]

    alone = both.chat()
    last = both.chat(fallbacks=["acme/two"])
    provider.script = ["reset"]
    broken = both.chat(model="acme/m\u00f6")
    ours = both.chat(model="nobody")

    assert who(alone) == ("acme", "one", "1")
    assert alone.headers["retry-after"] == "7"
    assert who(last) == ("acme", "two", "2")
    assert who(broken) == ("acme", "m%C3%B6", "1")
    assert who(ours) == (None, None, None)


def who(answer):
    return tuple(answer.headers.get(f"x-gatewayz-{of}") for of in ("gateway", "model", "attempts"))


def test_a_gateway_without_its_key_is_passed_by(start, acme, provider):
    keyless = Gateway(name="zeta", base_url=provider.url, key_env="ZETA_API_KEY")
    client = start(acme, keyless)

    answer = client.chat(model="zeta/two", fallbacks=["acme/one"])

    assert answer.headers["x-gatewayz-gateway"] == "acme"
    assert len(provider.chats()) == 1


@pytest.mark.parametrize("given", ["zeta/two", [1], [""], ["a"] * 6, {"a": 1}])
def test_fallbacks_that_are_none_are_refused(both, provider, given):
    answer = both.chat(fallbacks=given)

    assert (answer.status, answer.error["param"]) == (400, "fallbacks")
    assert not provider.chats()


def test_a_client_that_leaves_ends_the_search(both, provider, other, wire):
    provider.script = [0.5, error(wire, "503 Busy")]
    connection = both.connect()
    body = json.dumps({"model": "acme/one", "messages": [], "fallbacks": ["zeta/two"]})
    connection.request("POST", "/v1/chat/completions", body=body)
    connection.close()

    time.sleep(1.0)
    assert not other.chats()


def test_settings_name_them_too_and_a_request_may_do_without(
    acme, provider, other, wire, tmp_path, start
):
    (tmp_path / "gatewayz.toml").write_text('[fallbacks]\n"acme/one" = ["zeta/two"]\n')
    settings = load_settings(environ={"ACME_API_KEY": wire.KEY}, folder=tmp_path)
    zeta = Gateway(name="zeta", base_url=other.url, key_required=False)
    client = start(acme, zeta, settings=settings)
    provider.script = [error(wire, "503 Busy")]

    by_settings = client.chat()
    of_another = client.chat(model="acme/two")
    without = client.chat(fallbacks=[])

    assert (by_settings.status, by_settings.headers["x-gatewayz-gateway"]) == (200, "zeta")
    assert (of_another.status, without.status) == (503, 503)


def test_one_that_fails_and_is_passed_by_is_told_of_everywhere(
    both, provider, wire, logged, recorded
):
    provider.script = [error(wire, "429 Slow")]
    for _ in range(3):
        assert both.chat(fallbacks=["zeta/two"]).status == 200
    assert both.chat(model="acme/one", fallbacks=["nobody"]).status == 429

    seen = {one["gateway"]: one["traffic"] for one in both.get("/health/gateways").json["data"]}
    assert (seen["acme"]["requests"], seen["acme"]["failures"]) == (4, {"rate-limit": 4})
    assert seen["acme"]["success_rate"] == 0.0
    assert (seen["zeta"]["requests"], seen["zeta"]["success_rate"]) == (3, 1.0)
    told = both.get("/metrics").body.decode()
    assert 'gatewayz_passed_by_total{class="rate-limit",gateway="acme"} 3.0' in told
    assert 'gatewayz_requests_total{class="",endpoint="/v1/chat/completions",gateway="zeta"' in told
    lines = logged(6)
    assert [line["gateway"] for line in lines[:4]] == ["zeta"] * 3 + ["acme"]
    assert {line["rest"] for line in lines[:3]} == {" passed_by=acme:rate-limit-no-hint"}
    assert (lines[3]["rest"], lines[5]["rest"]) == ("", "")
    records = [(one.gateway, one.attempts) for one in recorded(4)]
    assert records == [("acme", 1), *[("zeta", 2)] * 3]


def test_what_one_told_that_broke_is_none_of_the_next_ones(both, provider, wire, recorded):
    """Neither what its tokens were, nor what they cost."""
    usage = b'data: {"choices":[],"usage":{"prompt_tokens":5,"total_tokens":5,"cost":0.25}}\n\n'
    # Plain, so that it is held back for a moment, and breaks before anything has gone out.
    provider.script = [
        wire.head(Transfer_Encoding="chunked"), wire.chunk(usage), 0.1, "reset"
    ]  # fmt: skip

    answer = both.chat(fallbacks=["zeta/two"])

    assert (answer.status, who(answer)) == (200, ("zeta", "two", "2"))
    (record,) = recorded(1)
    assert (record.gateway, record.input_tokens, record.cost_usd) == ("zeta", None, None)
    assert "gatewayz_cost_usd_total{" not in both.get("/metrics").body.decode()


def test_who_was_not_asked_is_no_attempt(start, acme, provider, wire):
    keyless = Gateway(name="keyless", base_url=provider.url, key_env="KEYLESS_API_KEY")
    client = start(acme, keyless)

    nobody = client.chat(model="nobody", fallbacks=["no-one", "none"])
    passed = client.chat(model="keyless/one", fallbacks=["acme/one"])
    provider.script = [error(wire, "503 Busy")]
    last = client.chat(model="acme/one", fallbacks=["acme/two", "keyless/one"])

    assert (nobody.status, who(nobody)) == (404, (None, None, None))
    assert (passed.status, who(passed)) == (200, ("acme", "one", "1"))
    assert (last.status, who(last)) == (503, ("acme", "two", "2"))


@pytest.mark.parametrize("ours", [["nobody"], ["nobody", "none"], ["keyless/one"]])
def test_a_refusal_of_ours_hides_no_providers_error(
    start, acme, provider, wire, logged, kept_at, recorded, ours
):
    keyless = Gateway(name="keyless", base_url=provider.url, key_env="KEYLESS_API_KEY")
    client = start(acme, keyless, GATEWAYZ_STORE=kept_at)
    provider.script = [error(wire, "429 Slow down", Retry_After="7")]

    answer = client.chat(fallbacks=ours)

    assert (answer.status, who(answer)) == (429, ("acme", "one", "1"))
    assert answer.headers["retry-after"] == "7"
    (line,) = logged(1)
    assert (line["gateway"], line["model"], line["rest"]) == ("acme", "one", "")
    (seen,) = client.get("/health/gateways").json["data"]
    assert seen["traffic"]["failures"] == {"rate-limit": 1}
    (record,) = recorded(1)
    assert (record.gateway, record.model, record.kind) == ("acme", "one", "rate-limit")
    assert record.upstream_s is not None
