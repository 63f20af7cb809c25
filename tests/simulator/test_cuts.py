"""Cuts, stalls and resets act at a chosen byte, event or moment, and faults compose."""

import time

import pytest

from gatewayz.simulator import running

SAID = "Test successful"
CUTS = ("reset-mid-body", "stall-between-chunks", "incomplete-chunked-read", "short-content-length")
ENDS = {"reset-mid-body": "reset", "stall-between-chunks": "open"}


@pytest.mark.parametrize("name", CUTS)
@pytest.mark.parametrize("stream", [False, True])
def test_a_cut_comes_after_the_chosen_byte(caller, name, stream):
    patience_s = 0.2 if name.startswith("stall") else 5.0
    for count in (1, 40, 133):
        seen = caller.chat(
            "local", f"fault/{name};byte={count}", stream=stream, patience_s=patience_s
        )
        got = seen.raw.partition(b"\r\n\r\n")[2]
        body = seen.body or got

        # A chunk whose announced size never came is read without its frame.
        assert len(body) == count or got.endswith(body[-count:])
        assert seen.end == ENDS.get(name, "closed")
        assert not seen.last_chunk


@pytest.mark.parametrize("name", CUTS)
def test_a_cut_comes_after_the_chosen_event(caller, name):
    patience_s = 0.2 if name.startswith("stall") else 5.0
    for count in (1, 2, 3):
        seen = caller.chat(
            "local", f"fault/{name};event={count}", stream=True, patience_s=patience_s
        )

        assert seen.raw.count(b"data: {") == count


@pytest.mark.parametrize("option", ["event=2", "after=2"])
def test_faults_of_events_act_after_the_chosen_one(caller, option):
    for name in ("sse-error-event", "sse-error-object", "overloaded-mid-stream"):
        seen = caller.chat("local", f"fault/{name};{option}", stream=True)

        assert seen.text.count('"delta"') == 2
        assert "error" in seen.text


def test_a_stall_and_a_reset_come_at_the_chosen_moment(send):
    _, caller_of = send
    words = " ".join(["word"] * 40)
    messages = [{"role": "user", "content": f'Repeat: "{words}"'}]
    with running(latency_s=0, gap_s=0.02) as simulator:
        caller = caller_of(simulator)
        began = time.monotonic()
        seen = caller.chat(
            "local", "tiny", stream=True, messages=messages, max_tokens=100,
            headers=[("x-simulate-fault", "reset-mid-body;ms=300")], patience_s=20,
        )  # fmt: skip
        took_s = time.monotonic() - began

    assert seen.end == "reset"
    assert 3 <= len(seen.chunks) <= 17
    assert 0.3 <= took_s < 5  # to its end it would take longer than anybody waits here


def test_a_moment_after_the_end_still_leaves_the_last_piece_out(caller):
    plain = caller.chat("local", "fault/reset-mid-body;ms=100", patience_s=5)
    stream = caller.chat("local", "fault/reset-mid-body;ms=100", stream=True, patience_s=5)

    assert plain.end == stream.end == "reset"
    assert 0 < len(plain.body) < int(plain.headers["content-length"])
    assert "[DONE]" not in stream.text


def test_slow_and_cut_and_wrong_field_come_together(caller, sim):
    seen = caller.chat("local", "fault/usage-zero+sse-comments+reset-mid-body;event=6", stream=True)

    assert sim.log[-1].fault == "usage-zero+sse-comments+reset-mid-body"
    assert seen.end == "reset"
    assert seen.comments
    assert 1 <= seen.text.count("data: {") <= 5
    trickled = caller.chat("local", "fault/model-field-empty+trickle;gap=0.001", patience_s=5)
    assert trickled.said == SAID
    assert not trickled.json.get("model")


def test_a_document_is_cut_after_the_chosen_byte_with_its_framing_sound(caller):
    seen = caller.chat("local", "fault/json-truncated;byte=50")

    assert len(seen.body) == int(seen.headers["content-length"]) == 50


@pytest.mark.parametrize(
    ("name", "stream"),
    [("trickle", False), ("trickle", True), ("keepalive-forever", True)],
)
def test_what_never_ends_outlasts_half_a_second_and_never_rests_as_long(send, name, stream):
    """Limits of 0.2 to 0.5 s in a client: no idle limit may fire, the total one must."""
    _, caller_of = send
    with running(latency_s=0, gap_s=0) as simulator:
        began = time.monotonic()
        seen = caller_of(simulator).chat("local", f"fault/{name}", stream=stream, patience_s=0.8)

    assert seen.end == "open"
    assert time.monotonic() - began >= 0.8
    assert len(seen.body) > 3


@pytest.mark.parametrize("stream", [False, True])
def test_a_key_expires_after_the_chosen_number_of_calls_whatever_the_model(send, stream):
    _, caller_of = send
    fault = [{"fault": "auth-key-expired-mid-run;after=3", "gateway": "groq"}]
    with running(latency_s=0, gap_s=0, faults=fault) as simulator:
        caller = caller_of(simulator)
        models = ("qwen/qwen3-32b", "llama-3.3-70b-versatile", "groq/compound") * 2
        seen = [caller.chat("groq", model, stream=stream).status for model in models]

    assert seen == [200, 200, 200, 401, 401, 401]
    assert [served.fault for served in simulator.log] == ["", "", ""] + [
        "auth-key-expired-mid-run"
    ] * 3


def test_goaway_comes_in_the_middle_of_a_burst(caller, sim):
    seen = [
        caller.chat("nebius", "openai/gpt-oss-20b", headers=[("x-simulate-fault", "http2-goaway;after=2")])
        for _ in range(4)
    ]  # fmt: skip

    assert [bool(one.raw.startswith(b"HTTP/1.1")) for one in seen] == [True, True, False, False]
    assert [served.fault for served in sim.log[-4:]] == ["", "", "http2-goaway", "http2-goaway"]


def test_a_missing_key_can_be_planted_on_a_call_that_has_one_and_on_one_that_has_none(caller, sim):
    for key in (None, ""):
        seen = caller.chat("groq", "fault/auth-no-key", key=key)

        assert seen.status == 401
        assert sim.log[-1].fault == "auth-no-key"


def test_an_event_below_a_megabyte_and_one_above_are_whole(caller):
    small = caller.chat("local", "fault/sse-huge-event;bytes=300000", stream=True, patience_s=10)
    large = caller.chat("local", "fault/sse-huge-event;bytes=3000000", stream=True, patience_s=10)

    assert 300_000 < len(small.body) < 400_000
    assert 3_000_000 < len(large.body) < 3_100_000
    assert small.said == large.said == SAID
