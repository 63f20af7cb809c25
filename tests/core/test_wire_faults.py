"""Names for what the wire itself did wrong, by what broke and when."""

import pytest

from gatewayz.core import Attempt, FaultName, Phase, Reply, Timing, ToolCall, WireFault
from gatewayz.core.wire_faults import class_of_fault, kind_of_fault, where_it_stopped


def named(name, phase=Phase.BODY, timer="", **attempt):
    fault = WireFault(name=name, phase=phase, timer=timer)
    return kind_of_fault(Attempt(status=200, fault=fault, **attempt), fault)


@pytest.mark.parametrize(
    ("name", "phase", "more", "kind"),
    [
        (FaultName.RESET, Phase.HEADERS, {}, "reset-before-response"),
        (FaultName.RESET, Phase.BODY, {}, "reset-mid-body"),
        (FaultName.CLOSED, Phase.HEADERS, {}, "closed-without-response"),
        (FaultName.CLOSED, Phase.BODY, {}, "short-content-length"),
        (FaultName.CLOSED, Phase.BODY, {"headers": {"transfer-encoding": "chunked"}},
         "incomplete-chunked-read"),
        (FaultName.TIMEOUT, Phase.DNS, {}, "connect-timeout"),
        (FaultName.TIMEOUT, Phase.CONNECT, {}, "connect-timeout"),
        (FaultName.TIMEOUT, Phase.TLS, {}, "tls-handshake-stall"),
        (FaultName.TIMEOUT, Phase.SEND, {}, "first-byte-timeout"),
        (FaultName.TIMEOUT, Phase.FIRST_EVENT, {}, "headers-then-silence"),
        (FaultName.TOO_LARGE, Phase.BODY, {"timer": "event"}, "sse-huge-event"),
        (FaultName.TOO_LARGE, Phase.HEADERS, {}, ""),
        (FaultName.TOO_LARGE, Phase.BODY, {}, ""),
        (FaultName.UNREACHABLE, Phase.CONNECT, {}, ""),
    ],
)  # fmt: skip
def test_a_fault_is_named_by_what_broke_and_when(name, phase, more, kind):
    assert named(name, phase, **more) == kind


def test_a_fault_without_a_name_has_a_class():
    def of(name):
        return class_of_fault(WireFault(name=name, phase=Phase.BODY))

    assert of(FaultName.TOO_LARGE) == "protocol"
    assert of(FaultName.CALL_RAISED) == "server-error"
    assert of(FaultName.UNREACHABLE) == "network"


@pytest.mark.parametrize(
    ("timer", "total_s", "last_byte_s", "kind"),
    [
        ("total", 10.0, 9.0, "trickle"),
        ("first-event", 10.0, 7.5, "trickle"),
        ("total", 10.0, 7.0, "stall-between-chunks"),
        ("total", None, 9.0, "stall-between-chunks"),
        ("total", 10.0, None, "stall-between-chunks"),
        ("idle", 10.0, 9.0, "stall-between-chunks"),
    ],
)
def test_a_trickle_flowed_to_the_end_of_its_time(timer, total_s, last_byte_s, kind):
    timing = Timing(total_s=total_s, last_byte_s=last_byte_s)

    assert named(FaultName.TIMEOUT, timer=timer, body_bytes=9, timing=timing) == kind


CALL = ToolCall(id="1", name="weather", arguments='{"city": ')


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (None, ""),
        (Reply(text="so far"), ""),
        (Reply(text="all of it", finish_reason="stop"), "stall-before-end"),
        (Reply(comments=3), "keepalive-forever"),
        (Reply(comments=3, content_kind="text"), ""),
        (Reply(comments=3, reasoning="hm"), ""),
        (Reply(tool_calls=(CALL,)), "pause-inside-tool-call"),
        (Reply(tool_calls=(ToolCall(name="now", arguments=""),)), "pause-inside-tool-call"),
        (Reply(tool_calls=(ToolCall(name="now", arguments="{}"),)), ""),
        (Reply(tool_calls=(ToolCall(arguments="{"),)), ""),
        (Reply(tool_calls=(ToolCall(name="deep", arguments="[" * 100_000),)),
         "pause-inside-tool-call"),
    ],
)  # fmt: skip
def test_where_a_reply_stopped(reply, kind):
    assert where_it_stopped(reply) == kind
