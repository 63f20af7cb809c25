"""Every fault does on the wire what its row in the table of failures says."""

import json

import pytest

from gatewayz.core import KINDS
from gatewayz.simulator import all_faults

# Kinds that are healthy are no kinds of failure, so the table of kinds does not hold them.
HEALTHY = {
    "sse-empty-data-event", "sse-comments", "sse-cr-crlf", "sse-bom", "sse-no-space-after-colon",
    "sse-multi-line-data", "sse-split-utf8", "sse-unicode-line-breaks", "sse-one-byte-packets",
    "sse-first-chunk-no-choices", "sse-usage-only-chunk", "sse-gzip", "reasoning-field-variant",
    "usage-every-chunk", "role-missing-or-odd",
}  # fmt: skip
# A stand-in for a hostile catalogue, and oddities that are told by comparing answers.
EXTRA = {
    "models-huge", "models-flapping", "duplicate-ids", "wrong-model-served", "usage-zero",
    "special-token-leak",
}  # fmt: skip
SAID = "Test successful"


def status(*wanted):
    return lambda seen: seen.status in wanted


def refuses(*wanted, words=()):
    """An error of one of these statuses whose body is not empty and holds one of the words."""

    def holds(seen):
        text = seen.text.lower()
        return seen.status in wanted and bool(text) and (not words or any(w in text for w in words))

    return holds


def error_in_200(code=None):
    def holds(seen):
        document = seen.chunks[0] if seen.text.startswith("data") else seen.json
        error = document.get("error") or document["choices"][0].get("error")
        return seen.status == 200 and (code is None or error["code"] == code)

    return holds


def silent(end):
    return lambda seen: seen.raw == b"" and seen.end == end


def no_json(seen):
    try:
        json.loads(seen.body)
    except (ValueError, RecursionError):
        return seen.status == 200 and int(seen.headers["content-length"]) == len(seen.body)
    return False


def announced(seen):
    return int(seen.headers.get("content-length", "0"))


def cut_off(end):
    """Some of the body, less than announced, no end."""

    def holds(seen):
        some = bool(seen.body)
        short = (
            not seen.last_chunk
            if "transfer-encoding" in seen.headers
            else (len(seen.body) < announced(seen))
        )
        return seen.status == 200 and some and short and seen.end == end

    return holds


def stream_is_whole(seen):
    return seen.status == 200 and seen.said == SAID and seen.data[-1] == "[DONE]"


def finishes(seen):
    return [c["finish_reason"] for x in seen.chunks for c in x["choices"] if c.get("finish_reason")]


def messages(seen):
    documents = seen.chunks if seen.text.startswith("data") else [seen.json]
    return [c.get("message") or c.get("delta") for d in documents for c in d["choices"]]


def field_values(seen, name):
    documents = seen.chunks if seen.text.startswith("data") else [seen.json]
    return [document.get(name) for document in documents]


def both(*checks):
    return lambda seen: all(holds(seen) for holds in checks)


RATE = ("rate", "limit", "too many", "频繁", "anfragen", "slow down")
ON_CHAT = {
    "auth-bad-key": status(401),
    "auth-bad-key-as-400": refuses(400, 500, words=("key",)),
    "auth-wrong-header-scheme": refuses(401, 403, words=("api-key",)),
    "permission-model-not-in-plan": refuses(403, 404, words=("plan", "subscription")),
    "permission-token-scope": refuses(403, words=("scope", "permission")),
    "permission-region": refuses(403, words=("region",)),
    "permission-policy-filter": refuses(404, words=("policy",)),
    "permission-gated-model": refuses(403, words=("accept",)),
    "billing-no-credit": status(402),
    "billing-quota-as-429": refuses(429, words=("quota", "spend")),
    "billing-free-daily-cap": both(
        refuses(429, words=("free",)), lambda s: len(s.headers["x-ratelimit-reset"]) == 13
    ),
    "billing-error-in-200": error_in_200(402),
    "model-not-found": refuses(404, words=("model", "modell")),
    "endpoint-not-found": both(status(404), lambda s: "model" not in s.text.lower()),
    "no-endpoints-for-model": refuses(404, words=("no endpoints",)),
    "no-endpoint-supports-feature": refuses(404, words=("support",)),
    "not-supported-by-enabled-providers": refuses(400, words=("not supported by any provider",)),
    "moved-endpoint": both(
        status(301, 308, 410),
        lambda s: s.status == 410 or s.headers["location"].startswith("http://moved.invalid/"),
    ),
    "context-overflow": refuses(400, 413, 422, words=("context", "too long")),
    "context-overflow-in-stream": error_in_200(400),
    "unsupported-parameter": refuses(400, words=("max_tokens",)),
    "unsupported-value": refuses(400, words=("temperature",)),
    "extra-field-refused": refuses(400, words=("permitted",)),
    "schema-refused": refuses(400, words=("schema",)),
    "validation-422": both(status(422), lambda s: s.json["detail"][0]["loc"][0] == "body"),
    "payload-too-large-413": status(413),
    "rate-limit": both(refuses(429, words=RATE), lambda s: s.headers["retry-after"] == "1"),
    "rate-limit-no-hint": both(
        refuses(429, words=RATE),
        lambda s: not any("retry" in n or "ratelimit" in n for n in s.headers),
    ),
    "rate-limit-as-403": both(
        refuses(403, words=("rate",)), lambda s: "x-ratelimit-reset-requests" in s.headers
    ),
    "rate-limit-in-200": error_in_200(429),
    "rate-limit-concurrency": refuses(429, 503, words=("limit reached",)),
    "server-500-json": both(status(500), lambda s: bool(s.json)),
    "server-500-empty": both(status(500), lambda s: s.body == b""),
    "server-500-html-trace": refuses(500, words=("traceback", "<html")),
    "bad-gateway-html": both(refuses(502, words=("<html",)), lambda s: "html" in s.headers["content-type"]),
    "edge-timeout-524": refuses(504, 522, 524, words=("<html",)),
    "server-error-in-200": error_in_200(502),
    "status-flattened": both(status(400, 500), lambda s: s.json["error"]["code"] in (401, 429, 503)),
    "overloaded": refuses(503, 529),
    "overloaded-mid-stream": both(
        status(200), lambda s: '"content":"Test"' in s.text, lambda s: "overloaded_error" in s.data[-1]
    ),
    "cold-start-503": both(status(503), lambda s: s.json["estimated_time"] > 0),
    "cold-start-never-ends": both(status(503), lambda s: s.json["estimated_time"] == 20.0),
    "no-provider-available": refuses(503, words=("no available provider",)),
    "non-chat-listed": refuses(400, 404, words=("chat",)),
    "first-byte-timeout": silent("open"),
    "headers-then-silence": lambda s: s.status == 200 and s.body == b"" and s.end == "open",
    "stall-between-chunks": cut_off("open"),
    "stall-before-end": both(cut_off("open"), lambda s: s.said == SAID),
    "trickle": lambda s: s.status == 200 and s.end == "open" and len(s.body) > 0,
    "keepalive-forever": lambda s: s.end == "open" and len(s.comments) > 5 and not s.data,
    "error-body-stall": lambda s: s.status >= 429 and s.end == "open" and not s.last_chunk,
    "reset-before-response": silent("reset"),
    "closed-without-response": silent("closed"),
    "reset-mid-body": cut_off("reset"),
    "short-content-length": lambda s: 0 < len(s.body) < announced(s) and s.end == "closed",
    "incomplete-chunked-read": cut_off("closed"),
    "redirect-loop": both(status(302, 307, 308), lambda s: "?hop=1" in s.headers["location"]),
    "html-with-200": lambda s: s.status == 200 and s.body.strip().startswith(b"<"),
    "empty-200": lambda s: s.status in (200, 204) and s.body == b"",
    "json-truncated": no_json,
    "json-trailing-garbage": no_json,
    "json-control-chars": no_json,
    "json-deep-nesting": lambda s: s.body.count(b"[") + s.body.count(b'{"a"') > 90_000,
    "json-double-encoded": lambda s: isinstance(json.loads(s.json), dict),
    "json-duplicate-keys": lambda s: s.text.count('"id":') > 1 and s.said == SAID,
    "wrong-content-type": lambda s: (
        s.said == SAID
        and s.headers["content-type"]
        != ("text/event-stream" if s.text.startswith("data") else "application/json")
    ),
    "stream-answered-with-json": lambda s: s.json["choices"][0]["message"]["content"] == SAID,
    "plain-answered-with-stream": stream_is_whole,
    "stream-as-ndjson": lambda s: all(json.loads(line) for line in s.text.splitlines() if line),
    "choices-null": lambda s: s.json["choices"] is None,
    "choices-empty": lambda s: s.json["choices"] == [],
    "choices-missing": lambda s: "choices" not in s.json,
    "error-body-odd-shapes": both(status(400), lambda s: bool(s.json)),
    "error-as-bare-string": lambda s: s.status == 200 and isinstance(s.json["error"], str),
    "sse-missing-done": lambda s: finishes(s) == ["stop"] and "[DONE]" not in s.text,
    "sse-missing-finish": lambda s: s.said == SAID and finishes(s) == [],
    "sse-data-after-done": lambda s: s.data[-1] != "[DONE]" and "[DONE]" in s.data,
    "sse-events-glued": lambda s: b"}\ndata: {" in s.body,
    "sse-bad-json-event": lambda s: sum(1 for d in s.data if not _is_json(d)) == 2,
    "sse-error-event": lambda s: any("event: error" in block for block in s.blocks),
    "sse-error-object": lambda s: any("error" in chunk for chunk in _chunks_of_any_kind(s)),
    "sse-empty-data-event": both(stream_is_whole, lambda s: "" in s.data),
    "sse-comments": both(stream_is_whole, lambda s: s.text.startswith(":")),
    "sse-cr-crlf": both(stream_is_whole, lambda s: b"\r" in s.body),
    "sse-bom": lambda s: s.body.startswith(b"\xef\xbb\xbf") and s.said == SAID,
    "sse-no-space-after-colon": both(stream_is_whole, lambda s: b"data: " not in s.body),
    "sse-multi-line-data": lambda s: len(s.body.splitlines()) > 40 and s.said == SAID,
    "sse-split-utf8": both(stream_is_whole, lambda s: "東京 🦙" in s.text),
    "sse-unicode-line-breaks": both(stream_is_whole, lambda s: "\u2028" in s.text),
    "sse-one-byte-packets": stream_is_whole,
    "sse-first-chunk-no-choices": both(
        stream_is_whole, lambda s: s.chunks[0]["choices"] == [] and "prompt_filter_results" in s.data[0]
    ),
    "sse-usage-only-chunk": both(
        stream_is_whole, lambda s: [x["choices"] for x in s.chunks if x.get("usage")] == [[]]
    ),
    "sse-gzip": both(lambda s: s.headers["content-encoding"] == "gzip", stream_is_whole),
    "gzip-undeclared": lambda s: (s.body[:2] == b"\x1f\x8b") != ("content-encoding" in s.headers),
    "http-malformed": lambda s: s.raw != b"" and not _well_framed(s),
    "http-conflicting-length": lambda s: s.raw.lower().count(b"\r\ncontent-length:")
    + s.raw.lower().count(b"\r\ntransfer-encoding:") == 2,
    "empty-content": lambda s: s.said == "" and s.json["choices"][0]["finish_reason"] == "stop",
    "null-content": lambda s: s.said is None,
    "stream-no-content": lambda s: s.said == "" and finishes(s) == ["stop"] and "[DONE]" in s.data,
    "reasoning-only": lambda s: s.said == "" and "reasoning_content" in s.text,
    "reasoning-ate-budget": lambda s: s.said == "" and '"finish_reason":"length"' in s.text,
    "reasoning-field-variant": lambda s: s.said == SAID
    and any(n in s.text for n in ('"reasoning', '"thinking')),
    "think-tags-in-content": lambda s: "</think>" in s.said and s.said.endswith(SAID),
    "special-token-leak": lambda s: s.said.startswith(SAID) and s.said != SAID,
    "wrong-model-served": lambda s: not any("fault" in m for m in field_values(s, "model")),
    "finish-unknown": lambda s: s.said == SAID and '"finish_reason":"stop"' not in s.text,
    "usage-missing": lambda s: s.said == SAID and not any(field_values(s, "usage")),
    "usage-zero": lambda s: '"total_tokens":0' in s.text,
    "usage-every-chunk": lambda s: all(field_values(s, "usage")) and s.said == SAID,
    "model-field-empty": lambda s: s.said == SAID and not any(field_values(s, "model")),
    "role-missing-or-odd": lambda s: s.said == SAID
    and len({str(m.get("role", "absent")) for m in messages(s)}) == 1,
}  # fmt: skip

ON_LISTS = {
    "models-empty": lambda s: s.json["data"] == [],
    "models-odd-shape": lambda s: '"id":null' in s.text,
    "models-flapping": lambda s: len(s.json["data"]) > 0,
    "models-huge": lambda s: len(s.body) == 100_000 and bool(s.json),
    "models-endpoint-missing": status(404, 405),
    "duplicate-ids": lambda s: s.json["data"][0]["id"] == s.json["data"][-1]["id"],
    "html-with-200": ON_CHAT["html-with-200"],
    "empty-200": ON_CHAT["empty-200"],
    "json-truncated": no_json,
    "json-deep-nesting": ON_CHAT["json-deep-nesting"],
    "auth-bad-key": status(401),
    "rate-limit": ON_CHAT["rate-limit"],
    "server-500-json": ON_CHAT["server-500-json"],
    "first-byte-timeout": silent("open"),
    "reset-mid-body": cut_off("reset"),
    "short-content-length": ON_CHAT["short-content-length"],
    "stall-between-chunks": cut_off("open"),
}

HOLDS_THE_SOCKET = {
    "first-byte-timeout", "headers-then-silence", "stall-between-chunks", "stall-before-end",
    "trickle", "keepalive-forever", "error-body-stall",
}  # fmt: skip


def _is_json(text):
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _chunks_of_any_kind(seen):
    return [json.loads(text) for text in seen.data if _is_json(text)]


def _well_framed(seen):
    head, _, rest = seen.raw.partition(b"\r\n\r\n")
    line, *fields = head.split(b"\r\n")
    return (
        line.startswith(b"HTTP/1.1 200")
        and all(b":" in field for field in fields)
        and not rest.startswith(b"zz")
    )


CASES = [
    pytest.param(name, stream, id=f"{name}-{'stream' if stream else 'plain'}")
    for name, faults in all_faults().items()
    for stream in (False, True)
    if any(fault.fits("chat", stream) for fault in faults)
]


def test_every_fault_has_a_test_and_a_name_from_the_table():
    names = set(all_faults())

    assert names == set(ON_CHAT) | set(ON_LISTS)
    assert names <= set(KINDS) | HEALTHY | EXTRA


@pytest.mark.parametrize(("name", "stream"), CASES)
def test_a_fault_does_what_its_row_says(caller, sim, name, stream):
    patience_s = 0.25 if name in HOLDS_THE_SOCKET else 3.0
    for _ in range(1 if name in HOLDS_THE_SOCKET else 6):
        seen = caller.chat("local", f"fault/{name}", stream=stream, patience_s=patience_s)

        assert ON_CHAT[name](seen), seen
        assert sim.log[-1].fault == name


@pytest.mark.parametrize("name", ON_LISTS)
def test_a_fault_on_a_list_does_what_its_row_says(caller, sim, name):
    patience_s = 0.25 if name in HOLDS_THE_SOCKET else 3.0
    options = ";bytes=100000" if name == "models-huge" else ""
    seen = caller.get(
        "litellm", "/v1/models", headers=[("x-simulate-fault", name + options)],
        patience_s=patience_s,
    )  # fmt: skip

    assert ON_LISTS[name](seen), seen
    assert (sim.log[-1].fault, sim.log[-1].route) == (name, "models")


@pytest.mark.parametrize("stream", [False, True])
def test_a_fault_without_meaning_for_a_call_leaves_the_answer_whole_and_the_log_says_so(
    caller, sim, stream
):
    for name, faults in all_faults().items():
        if not any(fault.fits("chat", stream) for fault in faults):
            seen = caller.chat("local", f"fault/{name}", stream=stream)

            assert seen.said == SAID, name
            assert (sim.log[-1].fault, sim.log[-1].asked) == ("", name)


@pytest.mark.parametrize("place", ["openrouter", "google", "cerebras", "xai", "novita", "groq",
                                   "deepinfra", "backend-a", "portkey"])  # fmt: skip
def test_every_fault_works_in_every_kind_of_dialect(caller, sim, place):
    for name in set(all_faults()) - HOLDS_THE_SOCKET:
        for stream in (False, True):
            caller.chat(place, f"fault/{name}", stream=stream)

            assert sim.log[-1].asked == name
            assert sim.log[-1].ended in ("kept", "closed", "reset", "client left", "")


@pytest.mark.parametrize(
    "name", ["auth-bad-key", "billing-no-credit", "rate-limit", "model-not-found", "overloaded"]
)
def test_wordings_vary_by_request_and_repeat_by_seed(caller, name):
    texts = {caller.chat("local", f"fault/{name}").text for _ in range(30)}

    assert len(texts) >= 3


def test_a_key_may_come_back_in_an_error(caller):
    key = "sk-canary-0123456789abcdef"
    texts = [caller.chat("local", "fault/auth-bad-key", key=key).text for _ in range(30)]

    assert any(key in text for text in texts)


def test_a_cold_start_promises_less_each_time(caller):
    waits = [caller.chat("nebius", "fault/cold-start-503").json["estimated_time"] for _ in range(3)]

    assert waits == [20.0, 10.0, pytest.approx(6.67, abs=0.01)]


def test_options_say_where_a_fault_acts(caller):
    stalled = caller.chat(
        "local", "fault/stall-between-chunks;after=1", stream=True, patience_s=0.2
    )
    waited = caller.chat("local", "fault/rate-limit;seconds=2.5")

    assert len(stalled.chunks) == 1
    assert waited.headers["retry-after"] == "2.5"
