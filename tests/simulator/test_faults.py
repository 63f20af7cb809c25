"""Every fault does on the wire what its row in the table of failures says."""

import importlib
import json
import pkgutil
import re

import pytest

from gatewayz.core import KINDS
from gatewayz.simulator import all_faults, faults

# Kinds that are healthy are no kinds of failure, so the table of kinds does not hold them.
HEALTHY = {
    "sse-empty-data-event", "sse-comments", "sse-cr-crlf", "sse-bom", "sse-no-space-after-colon",
    "sse-multi-line-data", "sse-split-utf8", "sse-unicode-line-breaks", "sse-one-byte-packets",
    "sse-first-chunk-no-choices", "sse-usage-only-chunk", "sse-gzip",
}  # fmt: skip
# A stand-in for a hostile catalogue, and oddities that are told by comparing answers.
EXTRA = {
    "models-huge", "models-flapping", "duplicate-ids", "echo-key-in-message", "echo-key-in-headers",
    "echo-key-in-page", "echo-key-in-answer", "echo-key-in-list",
}  # fmt: skip
# Files whose faults depend on what is asked, and have tests of their own.
ELSEWHERE = ("semantic_", "performance", "healthy_")
SAID = "Test successful"


def status(*wanted):
    return lambda seen: seen.status in wanted


def refuses(*wanted, words=()):
    """An error of one of these statuses whose body is not empty and holds one of the words."""

    def holds(seen):
        text = in_plain(seen.text)
        return seen.status in wanted and bool(text) and (not words or any(w in text for w in words))

    return holds


def in_plain(text):
    """What is said, in small letters: escapes undone, also those of JSON inside JSON, marks spelled out."""
    text = re.sub(r"\\\\*u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower().replace("_", " ").replace("-", " ")


def says(*words):
    return lambda seen: any(word in in_plain(seen.text) for word in words)


def error_in_200(*codes):
    def holds(seen):
        stream = "text/event-stream" in seen.headers["content-type"]
        # The last one: an answer may have begun before it.
        document = seen.chunks[-1] if stream else seen.json
        error = document.get("error") or (
            document.get("choices") and document["choices"][0]["error"]
        )
        error = error or document
        return seen.status == 200 and error["message"] is not None and str(error["code"]) in codes

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


def both(*checks):
    return lambda seen: all(holds(seen) for holds in checks)


# Told by several calls, or by a header, so that one answer may not name them.
BY_COMPARING = {
    "auth-listing-is-public", "deprecated-model", "http2-goaway", "id-case-mismatch",
    "listed-id-differs", "servable-not-listed",
}  # fmt: skip
KEY = ("key", "token", "authentication", "unauthor", "schlüssel", "clé", "密钥", "認証", "clave",
       "令牌", "user not found", "access denied", "credentials", "bearer", "not authenticated",
       "authenticated")  # fmt: skip
RATE = ("rate", "limit", "too many", "频繁", "anfragen", "slow down", "throttled", "too quickly",
        "requêtes", "débit", "solicitudes", "リクエスト", "超出")  # fmt: skip
CONTEXT = ("context", "too long", "input token count", "kontext", "contexte", "上下文", "contexto")
NO_MODEL = ("model", "modell", "modèle", "模型", "modelo", "モデル", "not found")
HINTS = ("retry-after", "x-ratelimit-reset-requests", "x-ratelimit-reset-tokens")


def has_header(*names):
    return lambda seen: any(name in seen.headers for name in names)


def far_reset(seen):
    """A reset that is an hour away or more, in whichever form."""
    value = seen.headers.get("x-ratelimit-reset") or seen.headers.get("retry-after") or ""
    late = value.isdigit() and int(value) >= 3600
    return late or "GMT" in value or "h" in seen.headers.get("x-ratelimit-reset-requests", "")


def is_goaway(seen):
    """Frames of HTTP/2: SETTINGS first, GOAWAY last."""
    kinds, rest = [], seen.raw
    while rest:
        size = int.from_bytes(rest[:3], "big")
        kinds.append(rest[3])
        rest = rest[9 + size :]
    return (kinds[0], kinds[-1]) == (4, 7) and seen.end == "closed"


def doubled_key(seen):
    twice = []
    json.loads(
        seen.body, object_pairs_hook=lambda pairs: twice.append(len(pairs) > len(dict(pairs)))
    )
    return any(twice)


def told_to_go(seen):
    """A header, a notice in the first document, or a word of farewell."""
    if seen.status != 200:
        return seen.status in (404, 410)
    document = (seen.chunks or [{}])[0] if seen.text.startswith("data") else seen.json
    fields = {"warning", "notice", "deprecation", "deprecation_notice", "warnings"}
    return bool(fields & {*document, *seen.headers} or "sunset" in seen.headers)


OWN_KEY = "any"
ON_CHAT = {
    "echo-key-in-message": lambda s: s.status == 401 and OWN_KEY in s.json["error"]["message"],
    "echo-key-in-headers": lambda s: OWN_KEY in s.headers["x-request-id"],
    "echo-key-in-page": lambda s: s.status == 502 and OWN_KEY in s.text,
    "echo-key-in-answer": lambda s: s.status == 200 and OWN_KEY in s.text,
    "auth-no-key": status(401),
    "auth-bad-key": status(401),
    "auth-key-expired-mid-run": status(401),
    "auth-bad-key-as-400": refuses(400, 500, words=KEY),
    "auth-wrong-header-scheme": refuses(401, 403, words=("api key", "apikey", "header")),
    "permission-model-not-in-plan": refuses(
        403, 404, words=("plan", "subscription", "tier", "allowed", "tarif", "abonnement", "套餐",
                         "access denied")),
    "permission-token-scope": refuses(
        403, words=("scope", "permission", "read only", "berechtigung", "权限")),
    "permission-region": refuses(
        403, 451, words=("region", "country", "location", "geo", "pays", "地区")),
    "permission-policy-filter": refuses(
        404, words=("policy", "privacy", "data retention", "datenschutz", "confidentialité", "隐私")),
    "permission-gated-model": refuses(
        403, words=("gated", "terms", "restricted", "lizenz", "conditions", "许可", "accept")),
    "moderation-block": refuses(  # 200 where a filter reads a stream along
        200, 400, 403, words=("flagged", "filter", "policy", "rejected", "moderation", "modération",
                         "审核", "moderación")),
    "billing-no-credit": status(402),
    "billing-quota-as-429": refuses(
        429, words=("quota", "spend", "budget", "billing", "kontingent", "额度", "cuota")),
    "billing-free-daily-cap": both(
        refuses(429, words=("free", "kostenlos", "gratuit", "免费", "daily", "quotidienne")), far_reset
    ),
    "billing-error-in-200": error_in_200("402"),
    "model-not-found": refuses(404, words=NO_MODEL),
    "endpoint-not-found": both(status(404), lambda s: "model" not in s.text.lower()),
    "no-endpoints-for-model": refuses(404, words=("endpoint", "endpunkt", "point de terminaison", "端点")),
    "no-endpoint-supports-feature": refuses(
        404, words=("support", "unterstützt", "prend en charge", "支持")),
    "not-supported-by-enabled-providers": refuses(
        400, words=("enable", "aktiviert", "activé", "启用", "habilitado", "not supported")),
    "moved-endpoint": both(
        status(301, 308, 410),
        lambda s: s.status == 410 or ".invalid" in s.headers["location"].split("/")[2],
    ),
    "context-overflow": refuses(400, 413, 422, 500, words=CONTEXT),
    "context-overflow-in-stream": both(error_in_200("400"), says(*CONTEXT)),
    "unsupported-parameter": refuses(400, words=("max tokens",)),
    "unsupported-value": refuses(400, words=("temperature",)),
    "extra-field-refused": refuses(400, 422, 500, words=("stream options", "seed", "body.n")),
    "schema-refused": refuses(400, words=("schema", "schéma")),
    "validation-422": both(status(422), lambda s: s.json["detail"][0]["loc"][0] == "body"),
    "payload-too-large-413": status(413),
    "rate-limit": both(status(429), has_header(*HINTS)),
    "rate-limit-no-hint": both(
        status(429), lambda s: not any("retry" in n or "ratelimit" in n for n in s.headers)
    ),
    "rate-limit-as-403": both(
        refuses(403, words=RATE), has_header(*HINTS, "x-ratelimit-reset", "ratelimit-reset")
    ),
    "rate-limit-in-200": error_in_200("429"),
    "rate-limit-concurrency": refuses(
        429, 503, words=("limit", "concurren", "parallel", "simult", "gleichzeitig", "并发")),
    "server-500-json": both(status(500), lambda s: s.json is not None),
    "server-500-empty": both(status(500), lambda s: s.body == b""),
    "server-500-html-trace": both(
        status(500), lambda s: s.headers["content-type"].startswith(("text/html", "text/plain"))
    ),
    "bad-gateway-html": both(status(502), lambda s: "html" in s.headers["content-type"]),
    "edge-timeout-524": refuses(504, 522, 524, words=("<html", "<!doctype")),
    "server-error-in-200": error_in_200("500", "502", "520"),
    "status-flattened": both(status(400, 500), says("401", "402", "429", "503")),
    "overloaded": refuses(503, 529),
    "overloaded-mid-stream": both(
        status(200),
        lambda s: "Test" in s.text,
        lambda s: any("overloaded" in one for one in s.data[-2:]),
    ),
    "cold-start-503": both(status(503), lambda s: '"estimated_time"' in s.text),
    "cold-start-never-ends": both(status(503), lambda s: "20.0" in s.text),
    "no-provider-available": refuses(
        503, words=("provider", "anbieter", "fournisseur", "提供商", "routing")),
    "non-chat-listed": refuses(400, 404, words=("chat", "聊天", "model type")),
    "listed-not-servable": refuses(
        400, 404, 503, words=("deploy", "déploy", "bereitgestellt", "部署", "desplegado", "not ready")),
    "listed-id-differs": refuses(400, 404, words=NO_MODEL),
    "id-case-mismatch": refuses(400, 404, words=NO_MODEL),
    "deprecated-model": told_to_go,
    "first-byte-timeout": silent("open"),
    "headers-then-silence": lambda s: s.status == 200 and s.body == b"" and s.end == "open",
    "stall-between-chunks": cut_off("open"),
    "stall-before-end": both(cut_off("open"), lambda s: s.said == SAID),
    "trickle": lambda s: s.status == 200 and s.end == "open" and len(s.body) > 0,
    "keepalive-forever": lambda s: s.end == "open" and s.body.count(b":") > 3 and not s.data,
    "error-body-stall": lambda s: s.status >= 400 and s.end == "open" and not s.last_chunk,
    "reset-before-response": silent("reset"),
    "closed-without-response": silent("closed"),
    "reset-mid-body": cut_off("reset"),
    "short-content-length": lambda s: 0 < len(s.body) < announced(s) and s.end == "closed",
    "incomplete-chunked-read": cut_off("closed"),
    "http2-goaway": is_goaway,
    "redirect-loop": both(status(302, 307, 308), lambda s: s.headers["location"].endswith("=1")),
    "html-with-200": lambda s: s.status == 200 and s.body.strip().startswith(b"<"),
    "empty-200": lambda s: s.status in (200, 204) and s.body == b"",
    "json-truncated": no_json,
    "json-trailing-garbage": no_json,
    "json-control-chars": no_json,
    "json-deep-nesting": lambda s: s.body.count(b"[") + s.body.count(b'{"a"') > 90_000,
    "json-double-encoded": lambda s: isinstance(json.loads(s.json), dict),
    "json-duplicate-keys": both(doubled_key, lambda s: s.said == SAID),
    "wrong-content-type": lambda s: (
        s.said == SAID
        and s.headers["content-type"]
        != ("text/event-stream" if s.text.startswith("data") else "application/json")
    ),
    "stream-answered-with-json": lambda s: s.json["choices"][0]["message"]["content"] == SAID,
    "plain-answered-with-stream": lambda s: s.said == SAID and bool(finishes(s)),
    "stream-as-ndjson": lambda s: all(json.loads(line) for line in s.text.splitlines() if line),
    "choices-null": lambda s: s.json["choices"] is None,
    "choices-empty": lambda s: s.json["choices"] == [],
    "choices-missing": lambda s: "choices" not in s.json,
    "error-body-odd-shapes": both(status(400), lambda s: bool(s.json)),
    "error-as-bare-string": lambda s: s.status == 200 and isinstance(s.json["error"], str),
    "sse-huge-event": lambda s: s.said == SAID and len(s.body) > 1_000_000 and "[DONE]" in s.data,
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
}  # fmt: skip

KEY = "sk-sim-litellm-5d41402abc4b2a76"
ON_LISTS = {
    "echo-key-in-message": lambda s: s.status == 401 and KEY in s.json["error"]["message"],
    "echo-key-in-headers": lambda s: KEY in s.headers["x-request-id"],
    "echo-key-in-page": lambda s: s.status == 502 and KEY in s.text,
    "echo-key-in-list": lambda s: s.json["data"][-1]["id"] == f"for/{KEY}",
    "models-empty": lambda s: s.json["data"] == [],
    "models-odd-shape": lambda s: '"id":null' in s.text.replace(" ", ""),
    "models-truncated": lambda s: 0 < len(s.json["data"]) < 10_000 and len(s.json) > 1,
    "servable-not-listed": lambda s: len(s.json["data"]) > 0,
    "auth-listing-is-public": lambda s: len(s.json["data"]) > 3,
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
    if not (line.startswith(b"HTTP/1.1 200") and all(re.match(rb"[\w-]+: ", f) for f in fields)):
        return False
    return "transfer-encoding" not in seen.headers or bool(re.match(rb"[0-9a-f]{1,8}\r\n", rest))


def of_this_file():
    """Faults that act on any chat call, or on a list."""
    return {
        name: entries
        for name, entries in all_faults().items()
        if not file_of(name).startswith(ELSEWHERE)
    }


def file_of(name):
    for module in pkgutil.iter_modules(faults.__path__):
        family = importlib.import_module(f"gatewayz.simulator.faults.{module.name}")
        if any(fault.name == name for fault in getattr(family, "FAULTS", ())):
            return module.name
    raise LookupError(name)


CASES = [
    pytest.param(name, stream, id=f"{name}-{'stream' if stream else 'plain'}")
    for name, entries in of_this_file().items()
    for stream in (False, True)
    if any(fault.fits("chat", stream) for fault in entries)
]


def test_every_fault_has_a_test_and_a_name_from_the_table():
    names = set(of_this_file())

    assert names == set(ON_CHAT) | set(ON_LISTS)
    assert names <= set(KINDS) | HEALTHY | EXTRA | BY_COMPARING


@pytest.mark.parametrize(("name", "stream"), CASES)
def test_a_fault_does_what_its_row_says(caller, sim, name, stream):
    patience_s = 0.25 if name in HOLDS_THE_SOCKET else 5.0
    expires = ";after=0" if name == "auth-key-expired-mid-run" else ""
    for _ in range(2 if name in HOLDS_THE_SOCKET else 6):
        seen = caller.chat("local", f"fault/{name}{expires}", stream=stream, patience_s=patience_s)

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
    for name, entries in all_faults().items():
        if not any(fault.fits("chat", stream) for fault in entries):
            seen = caller.chat("local", f"fault/{name}", stream=stream)

            assert seen.said == SAID, name
            assert (sim.log[-1].fault, sim.log[-1].asked) == ("", name)


# Three that differ most; the others at night.
DIALECTS = (
    "openrouter", "google", "backend-a",
    *(pytest.param(name, marks=pytest.mark.slow)
      for name in ("cerebras", "xai", "novita", "groq", "deepinfra", "portkey")),
)  # fmt: skip


@pytest.mark.parametrize("place", DIALECTS)
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

    assert len(texts) >= 15


def test_a_key_may_come_back_in_an_error(caller):
    key = "sk-canary-0123456789abcdef"
    texts = [caller.chat("local", "fault/auth-bad-key", key=key).text for _ in range(30)]

    assert any(key in text for text in texts)


def test_a_cold_start_promises_less_each_time(caller):
    texts = [caller.chat("nebius", "fault/cold-start-503").text for _ in range(3)]

    waits = [re.search(r'"estimated_time": ?([\d.]+)', text)[1] for text in texts]
    assert waits == ["20.0", "10.0", "6.67"]


def test_options_say_where_a_fault_acts(caller):
    stalled = caller.chat(
        "local", "fault/stall-between-chunks;event=1", stream=True, patience_s=0.2
    )
    answers = [caller.chat("local", "fault/rate-limit;seconds=2.5") for _ in range(20)]

    assert len(stalled.chunks) == 1
    assert "2.5" in {seen.headers.get("retry-after") for seen in answers}
