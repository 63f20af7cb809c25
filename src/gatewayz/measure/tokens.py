"""How fast the tokens of one attempt came, by the provider's own count of them.

No tokenizer is needed, and a chunk is never taken for a token. What may be said hangs on three
counts: all tokens (from usage), those of them that were shown as they came, and those that the first
chunk already carried, since the clock of the pace starts with that chunk (ai-dynamo/aiperf#1279: a
server that bundles its first chunk looks faster than it is when one token is assumed there).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from gatewayz.core import Attempt
from gatewayz.core.attempt import Reply
from gatewayz.measure.measured import Measured, missing
from gatewayz.measure.times import AT_ONCE, ONE_CHUNK, latency, ttft

_NO_USAGE = "usage is missing"
_NOT_SHOWN = "usage counts tokens that no chunk shows"
_SUMMARISED = (
    "usage counts more reasoning tokens than the reasoning shown has bytes: it was cut down"
)
# As far as the two bounds of what the first chunk carried may lie apart and still be one figure.
_CLOSE = 0.02
_BY_TEXT = "tokens of the first chunk by its share of the text"
_READ_BY_TEXT = (
    "tokens of the chunks that came in one read with the first by their share of the text"
)
_NO_SHARE = "chunks came in one read with the first, and how many tokens they held is not told"


def output_tokens(attempt: Attempt) -> Measured:
    """Tokens generated, reasoning included; of a stream without usage the chunks, and so marked.

    Unit: tokens, or chunks where `counted_by` says so.
    """
    reply = attempt.reply
    generated = _generated(reply) if reply is not None else None
    if generated is not None:
        return Measured(float(generated), counted_by="usage")
    if attempt.timing.chunk_count:
        return Measured(float(attempt.timing.chunk_count), counted_by="chunks")
    return missing(_NO_USAGE)


def itl(attempt: Attempt) -> Measured:
    """Inter-token latency: (latency - TTFT) / (output tokens - tokens in the first chunk).

    Unit: seconds. Source: docs/measurements.md, "Inter-token latency (ITL)".
    """
    return _pace(attempt, ttft(attempt), latency(attempt), lambda seconds, tokens: seconds / tokens)


def decode_rate(attempt: Attempt) -> Measured:
    """Tokens a second while they came: those after the first chunk over the time after it.

    Unit: tokens per second. Source: docs/measurements.md, "Decode rate".
    """
    return decode_rate_between(attempt, ttft(attempt), latency(attempt))


def decode_rate_between(attempt: Attempt, first: Measured, last: Measured) -> Measured:
    """`decode_rate` for who knows the attempt's TTFT and latency already."""
    return _pace(attempt, first, last, lambda seconds, tokens: tokens / seconds)


def e2e_rate(attempt: Attempt) -> Measured:
    """Output tokens over latency, the wait for the first one included. Unit: tokens per second."""
    took, count = latency(attempt), output_tokens(attempt)
    if took.value is None:
        return took
    if count.value is None or count.counted_by != "usage":
        return missing(_NO_USAGE)
    if took.value <= 0:
        return missing("it took no time that can be told")
    return Measured(count.value / took.value, counted_by="usage")


def _generated(reply: Reply) -> int | None:
    """All tokens that were generated, reasoning included; None where usage does not say."""
    usage = reply.usage
    if usage is None or not usage.output_tokens:
        return None
    output, thought = usage.output_tokens, usage.reasoning_tokens or 0
    # xAI and Google count reasoning beside the output tokens: only the total tells.
    apart = usage.input_tokens is not None and usage.total_tokens == (
        usage.input_tokens + output + thought
    )
    return output + thought if apart else output


def _pace(
    attempt: Attempt, first: Measured, last: Measured, of: Callable[[float, float], float]
) -> Measured:
    """What `of` makes of the seconds after the first chunk and the tokens that came in them."""
    if first.value is None:
        return first
    if last.value is None:
        return last
    if attempt.timing.chunk_count < 2:
        return missing(ONE_CHUNK)
    seconds = last.value - first.value
    if seconds <= 0:
        return missing(AT_ONCE)
    after = _after_first(attempt)
    if after.value is None:
        return after
    return after.with_value(of(seconds, after.value))


def _after_first(attempt: Attempt) -> Measured:
    """How many tokens came after the first chunk."""
    shown = _shown(attempt.reply)
    if shown.value is None or attempt.reply is None:
        return shown
    timing = attempt.timing
    first = _in_first(attempt.reply, shown.value, timing.chunk_count)
    if first.value is None:
        return first
    left = shown.value - first.value
    if others := _with_first(timing.chunks_s):
        # They took none of the time after the first, so their tokens are none of those that took it.
        if abs(left - (timing.chunk_count - 1)) <= _CLOSE * left:  # one each
            left -= others
        elif (later := _later_share(attempt.reply)) is None:
            return missing(_NO_SHARE)
        else:
            left *= later
            first = replace(first, estimated=_READ_BY_TEXT)
    if left < 1:
        return missing("usage counts no more tokens than the first chunk holds")
    return first.with_value(left)


def _with_first(chunks_s: Sequence[float]) -> int:
    """How many other chunks came in one read with the first one, and so at its moment."""
    count = 0
    for at in chunks_s[1:]:
        if at != chunks_s[0]:
            break
        count += 1
    return count


def _later_share(reply: Reply) -> float | None:
    """The share of the letters after the first chunk that came in later reads; None where not told."""
    chunk, read = reply.first_chunk_share, reply.first_read_share
    if chunk is None or read is None or not 0 < chunk <= read <= 1 or chunk == 1:
        return None
    return (1 - read) / (1 - chunk)


def _shown(reply: Reply | None) -> Measured:
    """How many of the tokens came in chunks; reasoning that is kept hidden is counted all the same."""
    generated = _generated(reply) if reply is not None else None
    if reply is None or generated is None or reply.usage is None:
        return missing(_NO_USAGE)
    if reply.choices > 1:
        return missing(f"usage counts {reply.choices} answers together")
    thought = reply.usage.reasoning_tokens or 0
    shown = generated - (0 if reply.reasoning else thought)
    why = _NOT_SHOWN if shown < 1 else _why_not_all(reply, shown, thought)
    return missing(why) if why else Measured(float(shown), counted_by="usage")


def _why_not_all(reply: Reply, shown: int, thought: int) -> str:
    """Why some of the tokens cannot have been shown; "" for no sign of it.

    A token is a byte at least, and the bytes of an answer make up for no tokens of its reasoning. What
    a call's markers cost is not seen in its text.
    """
    if reply.cut:
        return ""
    if reply.reasoning and thought > _bytes(reply.reasoning):
        return _SUMMARISED
    said = _bytes(reply.text) + _bytes(reply.reasoning)
    return _NOT_SHOWN if shown > said and not reply.tool_calls else ""


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _in_first(reply: Reply, shown: float, chunks: int) -> Measured:
    """How many tokens the first chunk carried, as far as that is known."""
    told = reply.first_chunk_tokens
    if told is not None:
        told -= 0 if reply.reasoning or reply.usage is None else reply.usage.reasoning_tokens or 0
        # Each of the other chunks carries a token at least: some count the whole from the first on.
        if 1 <= told <= shown - (chunks - 1):
            return Measured(float(told), counted_by="usage")
    if chunks <= shown and (shown - 1) / (chunks - 1) <= 1 + _CLOSE:
        return Measured(1.0, counted_by="usage")
    if reply.first_chunk_share is not None:
        return Measured(shown * reply.first_chunk_share, counted_by="usage", estimated=_BY_TEXT)
    return missing(f"{shown:.0f} tokens in {chunks} chunks, and how many in the first is not told")
