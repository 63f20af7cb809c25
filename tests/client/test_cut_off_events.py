"""A stream that ends amid its last event was cut, however orderly its end."""

import json

import pytest

from gatewayz.client.replies import ReplyBuilder
from gatewayz.client.streams import read_again

EVENT = "data: " + json.dumps({"choices": [{"index": 0, "delta": {"content": "hi"}}]})
END = "data: " + json.dumps({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
DONE = "data: [DONE]\n\n"


def read(text):
    builder = ReplyBuilder()
    read_again(text.encode(), builder, "text/event-stream", ended=True)
    return builder.build()


@pytest.mark.parametrize(
    "before", ["", f"{EVENT}\n\n", f"{EVENT}\n\n{END}\n\n"], ids=["nothing", "text", "its finish"]
)
@pytest.mark.parametrize("length", [7, 30, -1])
def test_it_is_called_cut_and_not_badly_written(before, length):
    reply = read(before + EVENT[:length])

    assert reply.oddities == ("sse-missing-finish",)
    assert "inside an event" in reply.sights["sse-missing-finish"]


def test_what_is_broken_in_whole_lines_is_badly_written():
    assert "sse-bad-json-event" in read(f"{EVENT}\n\n" + EVENT[:-1] + "\n").oddities
    assert "sse-bad-json-event" in read(f"{EVENT}\n\n" + EVENT[:-1] + "\n\n" + DONE).oddities


def test_behind_the_end_mark_nothing_is_cut():
    assert "sse-missing-finish" not in read(f"{EVENT}\n\n{END}\n\n{DONE}" + EVENT[:20]).oddities


def test_a_last_line_without_its_end_is_read_as_ever():
    reply = read(f"{EVENT}\n\n{END}\n\ndata: [DONE]")

    assert (reply.text, reply.done_marker, reply.oddities) == ("hi", True, ())
