"""Providers nobody has written down: other languages, other shapes, odd but healthy streams.

Each is a raw socket. A fault gets its class, where several would do the plainest; what is healthy
gets no name at all and is read in full.
"""

import asyncio
import json

import pytest

from gatewayz.core import Quirks
from gatewayz.core.failures import classify
from gatewayz.core.kinds import KINDS


def reply(**more):
    choice = {"index": 0, "message": {"role": "assistant", "content": "Test successful"}}
    return {"id": "1", "model": "m", "choices": [{**choice, "finish_reason": "stop"}], **more}


def chunk(delta, finish=None, **more):
    choice = {"index": 0, "delta": delta, "finish_reason": finish, **more}
    return f"data: {json.dumps({'id': '1', 'model': 'm', 'choices': [choice]})}\n\n"


START = chunk({"role": "assistant", "content": "Test "})
MIDDLE = chunk({"content": "successful"})
FINISH = chunk({}, "stop")
DONE = "data: [DONE]\n\n"


def event(document):
    return f"data: {json.dumps(document, ensure_ascii=False)}\n\n"


def asked(wire, body, *, status=b"200 OK", stream=False):
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    kind = b"Content-Type: text/event-stream" if stream else b"X-Nothing: 1"

    async def main():
        answer = wire.answer(text.encode(), status=status, headers=(kind,))
        if stream:
            answer = answer.replace(b"Content-Type: application/json\r\n", b"")
        async with wire.serving(wire.saying(answer)) as server:
            return await wire.ask(server.url, stream=stream)

    return asyncio.run(main())


REFUSALS = [
    (401, {"fehler": "Ungültiger API-Schlüssel"}, "auth"),
    (400, {"error": {"message": "Ungültiger API-Schlüssel"}}, "auth"),
    (400, {"error": {"message": "无效的API密钥"}}, "auth"),
    (403, {"erreur": {"message": "Clé API invalide"}}, "auth"),
    (400, {"mensaje": "La clave de API no es válida"}, "auth"),
    (403, {"message": "The security token included in the request is expired"}, "auth"),
    (402, {"error": "残高が不足しています"}, "billing"),
    (403, {"code": 30001, "message": "Sorry, your account balance is insufficient"}, "billing"),
    (429, {"error": {"code": "1113", "message": "您的账户已欠费，请充值后重试。"}}, "billing"),
    (400, {"code": "Arrearage", "message": "Access denied, not in good standing."}, "billing"),
    (403, {"error": {"message": "用户额度不足", "code": "insufficient_user_quota"}}, "billing"),
    (400, {"error": {"message": "Budget!", "type": "budget_exceeded", "code": "400"}}, "billing"),
    (429, {"message": "Zu viele Anfragen. Bitte später erneut versuchen."}, "rate-limit"),
    (500, {"message": "Слишком много запросов"}, "rate-limit"),
    (404, {"detail": "Le modèle demandé est introuvable"}, "not-found"),
    (400, {"error": {"message": "O modelo 'm' não existe"}}, "not-found"),
    (400, {"error": {"message": "Модель m не найдена"}}, "not-found"),
    (400, {"error": {"message": "模型 m 不存在"}}, "not-found"),
    (400, {"error": "No models loaded. Please load a model first"}, "not-found"),
    (400, {"error": {"message": "コンテキスト長を超えています"}}, "bad-request"),
    (503, {"error": {"message": "当前分组 default 下对于模型 m 无可用渠道"}}, "unavailable"),
    (502, {"error": {"message": "not yet", "code": "model_loading"}}, "unavailable"),
    (500, {"error": {"message": "Der Dienst ist überlastet"}}, "unavailable"),
    # False friends: the name of a field is no credential.
    (400, {"error": {"message": "Ungültiger Schlüssel 'foo' im Dokument"}}, "bad-request"),
    (400, {"error": {"message": "clave inválida: messages[0].rol"}}, "bad-request"),
    (400, {"error": {"message": "max_tokens must be <= 16, got 50"}}, "bad-request"),
]


@pytest.mark.parametrize(("status", "body", "failure_class"), REFUSALS)
def test_a_refusal_in_any_language_gets_its_class(wire, status, body, failure_class):
    attempt = asked(wire, body, status=b"%d No" % status)

    assert classify(attempt, Quirks()).failure_class == failure_class


IN_BAND = [
    ({"code": 50505, "message": "模型服务超载，请稍后重试", "data": None}, "unavailable"),
    ({"id": "x", "choices": None,
      "base_resp": {"status_code": 1004, "status_msg": "login fail: carry the key"}}, "auth"),
    ({"code": "InvalidApiKey", "message": "Invalid API-key provided.", "request_id": "1"}, "auth"),
    ({"status": "error", "message": "insufficient balance"}, "billing"),
    ({"detail": "Internal error", "status_code": 500}, "server-error"),
    ({"error_msg": "Rate limit reached", "error_code": 18}, "rate-limit"),
    ({"success": False, "errors": [{"code": 10000, "message": "Invalid API key"}]}, "auth"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "failure_class"), IN_BAND)
def test_an_error_under_a_200_is_found_whatever_its_shape(wire, body, failure_class):
    plain = asked(wire, body)
    streamed = asked(wire, START + event(body), stream=True)

    assert classify(plain, Quirks()).failure_class == failure_class
    assert classify(streamed, Quirks()).failure_class == failure_class
    assert streamed.reply.text == "Test "


def test_bare_words_under_a_200_are_read_and_not_called_bad_json(wire):
    other = classify(asked(wire, "Test successful"), Quirks())
    limited = classify(asked(wire, "error: rate limit exceeded"), Quirks())

    assert (other.kind, other.failure_class, other.evidence) == (
        None,
        "protocol",
        "Test successful",
    )
    assert limited.failure_class == "rate-limit"


def test_a_failed_event_of_another_api_is_the_error_it_tells(wire):
    failed = {"type": "response.failed", "response": {"error": {"message": "x", "code": 429}}}

    attempt = asked(wire, START + event(failed), stream=True)

    assert classify(attempt, Quirks()).kind == "rate-limit-in-200"


@pytest.mark.parametrize(
    "finish", ["error", "network_error", "abort", "cancelled", "insufficient_system_resource"]
)
def test_a_finish_reason_that_owns_up_to_a_break_is_no_pass(wire, finish):
    attempt = asked(wire, START + chunk({}, finish) + DONE, stream=True)

    assert classify(attempt, Quirks()).kind == "server-error-in-200"


HEALTHY = [
    reply(error=None), reply(error={}), reply(error=""), reply(error=False), reply(errors=[]),
    reply(error={"code": 0, "message": "ok"}), reply(error_code=0, error_msg=""),
    reply(code=0, message="success", status="ok", detail="cached"),
    reply(code=200, msg="ok"), reply(base_resp={"status_code": 0, "status_msg": ""}),
]  # fmt: skip


@pytest.mark.parametrize("body", HEALTHY)
def test_words_of_success_beside_an_answer_are_no_error(wire, body):
    attempt = asked(wire, body)

    assert classify(attempt, Quirks()) is None
    assert attempt.reply.text == "Test successful"


HEALTHY_STREAMS = {
    "ping events with a time": START + "event: ping\ndata: 2026-01-01T00:00:00\n\n" + MIDDLE
    + FINISH + DONE,
    "json heartbeats": START + event({"type": "ping"}) + "data: null\n\n" + MIDDLE + FINISH + DONE,
    "a status word first": event({"status": "queued", "message": "hold on"}) + START + MIDDLE
    + FINISH + DONE,
    "a word of progress": event({"code": "STARTED", "message": "hold on"}) + START + MIDDLE
    + FINISH + DONE,
    "a code of success": event({"code": 0, "message": "success"}) + START + MIDDLE + FINISH + DONE,
    "an end mark in quotes": START + MIDDLE + FINISH + 'data: "[DONE]"\n\n',
    "an end mark in small letters": START + MIDDLE + FINISH + "data: [done]\n\n",
    "the whole message at the end": START + MIDDLE
    + chunk({}, "stop", message={"role": "assistant", "content": "Test successful"}) + DONE,
    "only a whole message": chunk({}, "stop", message={"content": "Test successful"}) + DONE,
}  # fmt: skip


@pytest.mark.parametrize("body", HEALTHY_STREAMS.values(), ids=HEALTHY_STREAMS)
def test_an_odd_but_healthy_stream_is_read_in_full_and_called_nothing(wire, body):
    attempt = asked(wire, body, stream=True)

    assert classify(attempt, Quirks()) is None
    assert attempt.reply.text == "Test successful"
    assert [name for name in attempt.reply.oddities if KINDS[name].verdict == "F"] == []
