"""What we count and time of the real engine's answers, beside what it reports of them itself.

llama.cpp's server puts `timings` into the last chunk: tokens it has computed of the prompt
(`prompt_n`) and taken from its cache (`cache_n`), tokens it has said (`predicted_n`) and for how long
(`predicted_ms`, from the first token's computing to the last's).
Source: ggml-org/llama.cpp, tools/server/README.md, "Timings and context usage".
"""

import asyncio
import json

import pytest

from gatewayz import engine
from gatewayz.client import HttpClient
from gatewayz.core import ChatRequest, Gateway
from gatewayz.core.timeouts import Timeouts

pytestmark = pytest.mark.engine

# Few enough for the kept body to hold them all, and the report behind them.
TOKENS = 240
TIMES = 7
# Our rate is that of the chunks' coming and the engine's that of their computing: between the two
# lie a thread of the engine's, a socket, and whatever else this machine is doing in the tenth of a
# second that an answer takes. What is wrong with a rate is wrong with all of them: so a few
# undisturbed ones have to agree, and a busy machine has many tries to give them.
TOLERANCE, UNDISTURBED, MOST_TRIES = 0.05, 3, 80


@pytest.fixture(scope="module")
def engine_url(needs_engine):
    with engine.running() as base_url:
        yield base_url


@pytest.fixture(scope="module")
def asked(engine_url):
    """Attempts at the engine and its own report of each: streamed, then whole."""
    ways = [(number, stream) for stream in (True, False) for number in range(TIMES)]
    return list(answers(engine_url, ways))


def answers(base_url, ways):
    """What comes of each request, with the engine's own report of it."""
    # The end of the text is no end, or the tiny model would say three tokens.
    gateway = Gateway(name="local", base_url=base_url, extra_body={"ignore_eos": True})
    with asyncio.Runner() as loop:
        client = HttpClient(keys=lambda _: None, timeouts=Timeouts())
        try:
            for number, stream in ways:
                asking = client.attempt(gateway, "tiny", request(number, stream=stream))
                attempt = loop.run(asking)
                yield attempt, report_in(attempt)
        finally:
            loop.run(client.aclose())


def request(number, *, stream):
    return ChatRequest(
        messages=({"role": "user", "content": f"Tell a story of {number} foxes."},),
        max_tokens=TOKENS + number,
        stream=stream,
    )


def report_in(attempt):
    """The engine's `timings`, read from the bytes as they came."""
    text = attempt.evidence.text
    if not attempt.streamed:
        return json.loads(text)["timings"]
    lines = [line.removeprefix("data: ") for line in text.splitlines()]
    return [json.loads(line) for line in lines if '"timings"' in line][-1]["timings"]


def test_our_token_counts_are_the_engines_own(asked):
    for attempt, report in asked:
        usage = attempt.reply.usage

        assert attempt.fault is None
        assert usage.output_tokens == report["predicted_n"] >= TOKENS
        assert usage.input_tokens == report["prompt_n"] + report["cache_n"] > 0
        assert usage.cached_tokens == report["cache_n"]
        assert attempt.reply.finish_reason == "length"


def test_chunks_are_counted_as_chunks_and_never_beyond_the_tokens(asked):
    # A token that is a part of a character waits for the rest of it.
    for attempt, report in asked:
        if attempt.streamed:
            assert 0.8 * report["predicted_n"] <= attempt.timing.chunk_count
            assert attempt.timing.chunk_count <= report["predicted_n"]


def test_our_decode_rate_is_the_engines_own(engine_url):
    ratios = []
    for attempt, report in answers(engine_url, [(number, True) for number in range(MOST_TRIES)]):
        ratios.append(decode_rate(attempt) / report["predicted_per_second"])
        if sum(abs(ratio - 1) < TOLERANCE for ratio in ratios) == UNDISTURBED:
            return

    pytest.fail(f"fewer than {UNDISTURBED} within {TOLERANCE:.0%} of the engine's: {ratios}")


def decode_rate(attempt):
    """Tokens a second behind the first one, from the first chunk to the last; 0 if all came at once."""
    took_s = attempt.timing.last_content_s - attempt.timing.first_token_s
    return (attempt.reply.usage.output_tokens - 1) / took_s if took_s else 0.0


def test_a_whole_answer_takes_as_long_as_the_engine_says_and_not_much_longer(asked):
    for attempt, report in asked:
        computed_s = (report["prompt_ms"] + report["predicted_ms"]) / 1000
        latency_s = attempt.timing.last_byte_s - attempt.timing.sent_s

        assert latency_s > computed_s * 0.95
