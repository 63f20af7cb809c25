"""Bodies that are JSON and fit nowhere: the client hears of them, and no provider and no gateway does."""

import pytest

from gatewayz.server.bodies import parse, to_bytes
from gatewayz.server.refusals import Refusal

HALF = "\ud800"


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"model": f"acme/{HALF}"}, "model"),
        ({"model": HALF}, "model"),
        ({"model": HALF, "provider": "acme"}, "model"),
        ({"fallbacks": [f"acme/{HALF}"]}, "fallbacks"),
        ({"fallbacks": ["acme/" + "x" * 600]}, "fallbacks"),
    ],
)
def test_an_id_that_no_header_can_hold_is_refused_before_anybody_is_asked(
    backend, provider, fields, param
):
    answer = backend.chat(**fields)

    assert (answer.status, answer.error["param"]) == (400, param)
    assert answer.error["gateway"] is None
    assert not provider.chats()


def test_half_a_character_elsewhere_is_the_providers_to_judge(backend, provider):
    answer = backend.chat(messages=[{"role": "user", "content": HALF}], **{HALF: HALF})

    assert answer.status == 200
    assert provider.chats()[0].json[HALF] == HALF


@pytest.mark.parametrize("field", ["provider", "max_tokens", "stream", "user"])
def test_half_a_character_is_no_bug_of_ours_wherever_it_stands(backend, field):
    assert backend.chat(**{field: HALF}).status in (200, 400, 404)


def nested(depth):
    return b'{"model":"acme/one","messages":[],"x":' + b"[" * depth + b"]" * depth + b"}"


def test_however_deep_a_body_is_nested_it_is_sent_or_refused(backend):
    answers = [backend.ask("POST", "/v1/chat/completions", nested(d)) for d in range(920, 1000)]

    assert {answer.status for answer in answers} == {200, 400}
    deepest = answers[-1]
    assert deepest.error["code"] == "invalid_json"
    assert deepest.error["message"] == "the body is not JSON: nested too deeply"


def test_what_could_be_read_and_not_be_written_anew_is_nested_too_deeply():
    def further_down(levels, asked):
        return further_down(levels - 1, asked) if levels else to_bytes(asked.fields, asked)

    def outcome(depth):
        try:
            return further_down(40, parse(nested(depth)))
        except Refusal as refusal:
            return refusal.code

    assert {outcome(depth) for depth in range(850, 1000, 10)} > {"invalid_json"}
