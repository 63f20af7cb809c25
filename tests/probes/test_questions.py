"""What the probes of tools, JSON, pictures and long texts send, and what they keep to themselves."""

import json
import struct
import zlib
from collections import Counter
from random import Random

import pytest

from gatewayz.core import Ask, Attempt, Case, Observation, Reply, ToolCall
from gatewayz.core.codec import dumps, loads
from gatewayz.core.gateway import Quirks
from gatewayz.core.judge import judge
from gatewayz.core.probe import Occasion
from gatewayz.probes import PROBES
from gatewayz.probes._png import png_of_digits

NAMES = (
    "json_object", "json_schema", "tool_call", "tool_call_streaming", "parallel_tools",
    "tool_choice", "tool_round_trip", "vision", "long_context",
)  # fmt: skip
SOUND = Reply(
    tool_calls=(
        ToolCall(id="1", name="get_weather", arguments='{"city": "Oslo", "unit": "celsius"}'),
    ),
    finish_reason="tool_calls",
)


def questions(name, *, seed=1, ask=None):
    probe, rng, asked = PROBES[name], Random(seed), ()
    for step in range(1 + len(probe.then)):
        occasion = Occasion(rng=rng, questions=asked, replies=(SOUND,) * step, ask=ask or Ask())
        asked += (probe.question(step, occasion),)
    return asked


@pytest.mark.parametrize("name", NAMES)
def test_only_what_the_feature_needs_goes_out(name):
    for question in questions(name):
        body = question.body("m", Quirks())

        assert set(body) <= {
            "model", "messages", "max_tokens", "temperature", "stream", "stream_options",
            "response_format", "tools", "tool_choice",
        }  # fmt: skip
        assert question.feature


@pytest.mark.parametrize("name", NAMES)
def test_a_question_is_never_the_same_and_always_that_of_its_case(name):
    once, again, other = (questions(name, seed=seed) for seed in (1, 1, 2))

    assert once == again
    assert once != other


@pytest.mark.parametrize("name", NAMES)
def test_a_users_larger_limit_is_kept_and_a_smaller_one_is_not_enough(name):
    for own in (questions(name, ask=Ask(max_tokens=1)), questions(name, ask=Ask(max_tokens=5000))):
        assert all(question.max_tokens is not None for question in own)
    assert all(q.max_tokens == 5000 for q in questions(name, ask=Ask(max_tokens=5000)))
    assert questions(name, ask=Ask(max_tokens=1)) == questions(name)
    assert all(q.max_tokens is None for q in questions(name, ask=Ask(max_tokens=None)))


def test_nothing_but_the_picture_tells_its_digits():
    [question] = questions("vision")

    assert question.oracle["digits"] not in json.dumps(question.body("m", Quirks()))


@pytest.mark.parametrize(
    ("name", "step", "drawn", "most"),
    [
        ("tool_call", 0, lambda oracle: oracle["subjects"][0], 8),
        ("tool_round_trip", 0, lambda oracle: oracle["subjects"][0], 8),
        ("tool_round_trip", 1, lambda oracle: oracle["reading"], 2),
    ],
)
def test_no_answer_is_the_right_one_often(name, step, drawn, most):
    probe, call = PROBES[name], ToolCall(id="1", name="f", arguments="{}")
    found = Counter()
    for seed in range(300):
        rng, put = Random(f"{seed}"), []
        for number in range(step + 1):
            replies = (Reply(tool_calls=(call,)),) * number
            put.append(
                probe.question(number, Occasion(rng=rng, questions=tuple(put), replies=replies))
            )
        found[drawn(put[-1].oracle)] += 1

    assert max(found.values()) <= most


def test_nothing_but_the_result_tells_the_reading():
    first, second = questions("tool_round_trip")
    reading = str(second.oracle["reading"])

    assert reading not in json.dumps(first.body("m", Quirks()))
    assert reading not in json.dumps(second.messages[:2])


@pytest.mark.parametrize("name", NAMES)
def test_a_stored_observation_is_judged_as_it_was(name):
    asked = questions(name)
    attempts = tuple(
        Attempt(step=n, url="http://x", status=200, reply=SOUND) for n in range(len(asked))
    )
    seen = Observation(
        case=Case(gateway="g", probe=name), request=asked[0], then=asked[1:], attempts=attempts
    )
    checks = PROBES[name].checks_by_step

    read = loads(Observation, dumps(seen))

    now, then = judge(read, checks, Quirks()), judge(seen, checks, Quirks())
    assert (now.outcome, now.failure, now.warnings) == (then.outcome, then.failure, then.warnings)


def test_the_presets_hold_what_they_promise():
    def of(preset):
        return {name for name in NAMES if preset in PROBES[name].presets}

    assert of("standard") == {"json_object", "json_schema", "tool_call"}
    assert of("agents") == {
        "json_schema", "tool_call", "tool_call_streaming", "parallel_tools", "tool_choice",
        "tool_round_trip",
    }  # fmt: skip
    assert sorted(NAMES, key=lambda name: PROBES[name].rank) == list(NAMES)


def chunks_of(png):
    """Name and data of each chunk, its checksum compared."""
    at = 8
    while at < len(png):
        (size,) = struct.unpack(">I", png[at : at + 4])
        kind, data = png[at + 4 : at + 8], png[at + 8 : at + 8 + size]
        assert struct.unpack(">I", png[at + 8 + size : at + 12 + size]) == (
            zlib.crc32(kind + data),
        )
        yield kind, data
        at += 12 + size


@pytest.mark.parametrize("scale", [1, 8, 12])
def test_a_picture_is_a_png_that_shows_its_digits(scale):
    png = png_of_digits("17", scale=scale)

    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    chunks = dict(chunks_of(png))
    width, height, depth, colour, *_ = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert (depth, colour) == (8, 0)
    pixels = zlib.decompress(chunks[b"IDAT"])
    rows = [pixels[n * (width + 1) + 1 : (n + 1) * (width + 1)] for n in range(height)]
    dots = ["".join("# "[shade // 255] for shade in row[::scale]) for row in rows[::scale]]
    assert [row.rstrip() for row in dots if row.strip()] == [
        "     #    #####",
        "    ##        #",
        "     #       #",
        "     #      #",
        "     #     #",
        "     #     #",
        "    ###    #",
    ]
