"""The load and the upstream, put before one another."""

import json
import re
import sys
import time

import pytest

if not sys.platform.startswith("linux"):
    pytest.skip("sockets go by epoll", allow_module_level=True)

from benchmarks.gateway.load import Asked, LoadError, ask_once, at_rate, closed_loop
from benchmarks.gateway.rounds import running_upstream
from benchmarks.gateway.streams import StampReader, paced_streams
from benchmarks.gateway.upstream import STAMP
from benchmarks.gateway.visitors import GAP_S


@pytest.fixture(scope="module")
def upstream():
    with running_upstream() as server:
        yield server


@pytest.fixture
def asked(upstream):
    return Asked(upstream.port, "bench")


def events(body):
    return [line[6:] for line in body.decode().splitlines() if line.startswith("data: ")]


def test_the_upstream_answers_in_the_shape_of_a_chat_completion(asked):
    answer = json.loads(ask_once(asked, asked.plain(), 5))

    assert answer["object"] == "chat.completion"
    assert len(answer["choices"][0]["message"]["content"]) > 100
    assert answer["usage"]["total_tokens"] == 80


def test_a_stream_has_as_many_stamped_chunks_as_were_asked_for_a_gap_apart(asked):
    began = time.monotonic()
    told = events(ask_once(asked, asked.streamed(4), 5))
    took_s = time.monotonic() - began

    assert told[-1] == "[DONE]"
    chunks = [json.loads(event) for event in told[:-1]]
    texts = [chunk["choices"][0]["delta"].get("content", "") for chunk in chunks]
    stamps = [int(found[1]) for text in texts if (found := STAMP.search(text.encode()))]
    assert len(stamps) == 4
    assert stamps == sorted(stamps)
    assert took_s >= 3 * GAP_S
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"


def test_what_is_not_200_is_an_error_that_says_what_came(upstream):
    broken = Asked(upstream.port, "bench", {"content-length": "x"})

    with pytest.raises(LoadError, match="answers nothing"):
        ask_once(broken, broken.plain(), 5)


def test_nobody_there_is_an_error(upstream):
    with pytest.raises(LoadError, match="cannot connect"):
        ask_once(Asked(1, "bench"), b"", 5)


def test_a_closed_loop_counts_the_answers_between_the_marks(asked):
    marks = []
    answered = closed_loop(
        asked, 4, warm_s=0.02, measure_s=0.1, mark=lambda: marks.append(time.monotonic())
    )

    assert len(marks) == 2
    assert marks[1] - marks[0] == pytest.approx(0.1, abs=0.09)
    assert answered.count > 10
    assert not answered.failed


def test_a_fixed_rate_sends_as_many_as_it_says_and_times_each(asked):
    answered = at_rate(asked, 200, connections=2, measure_s=0.2)

    assert answered.sent == answered.count == len(answered.took_s) == 40
    assert not answered.failed
    assert 0 < min(answered.took_s) <= max(answered.took_s) < 5


def test_streams_count_chunks_while_all_of_them_run(asked):
    marks = []
    seen = paced_streams(asked, 5, ramp_s=0.1, measure_s=0.2, mark=lambda: marks.append(1))

    assert len(marks) == 2
    assert seen.wanted == 50
    assert len(seen.first_s) == 5
    assert (seen.ended, seen.refused) == (5, 0)
    # A busy machine may be late with some.
    assert 20 <= seen.chunks == len(seen.lag_s) <= 60
    assert all(0 <= lag < 5 for lag in seen.lag_s)


@pytest.mark.parametrize("size", [1, 7, 21, 64, 10_000])
def test_stamps_are_found_wherever_the_bytes_are_cut(size):
    stamps = [1_790_000_000_000_000_000 + number for number in range(20)]
    data = b"".join(b'data: {"content":" @%d@"}\n\n' % stamp for stamp in stamps)
    reader = StampReader()

    found = [s for at in range(0, len(data), size) for s in reader.read(data[at : at + size])]

    assert found == stamps


def test_a_request_tells_its_length_and_the_model():
    head, _, body = (
        Asked(80, "local/bench", {"authorization": "Bearer k"}).plain().partition(b"\r\n\r\n")
    )

    assert int(re.search(rb"content-length: (\d+)", head)[1]) == len(body)
    assert b"authorization: Bearer k" in head
    assert json.loads(body)["model"] == "local/bench"
