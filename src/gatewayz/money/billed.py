"""What one attempt is to be settled with: whether it was sent, and what it was billed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gatewayz.core import Attempt, Phase, Quirks, Usage

_NOT_SENT = (Phase.BUILD, Phase.DNS, Phase.CONNECT, Phase.TLS)
# Statuses that may come after work was begun: a time limit, a client that was taken for gone.
_MAY_HAVE_WORKED = (408, 499)
# Likewise of a server: whoever stands before it has waited for it in vain.
_MAY_STILL_WORK = (504, 522, 524)
NOTHING = Usage(input_tokens=0, output_tokens=0)


@dataclass(frozen=True, slots=True)
class Billed:
    """`usage` is None where what was reported cannot be gone by, or a cost alone where that can."""

    usage: Usage | None
    sent: bool


def billed(attempt: Attempt | None, quirks: Quirks, *, errors_take_nothing: bool = False) -> Billed:
    """How an attempt counts; None is one of which nothing came back to us, sent or not.

    A request that was refused as such (4xx) took no tokens. Of an answer that broke off, or that a
    server's error stands for, nobody knows what it took: it counts as reserved. So does a side that is
    counted as zero beside a text. Thinking is counted in, also where a provider counts it apart. With
    `errors_take_nothing` a server's error (5xx) took none either, unless it may work on.
    """
    if attempt is None:
        return Billed(None, sent=True)
    fault = attempt.fault
    if fault is not None and fault.phase in _NOT_SENT and attempt.status is None:
        return Billed(None, sent=False)
    reply = attempt.reply
    usage = reply.usage if reply is not None else None
    failed = errors_take_nothing and fault is None and _failed(attempt)
    if usage is None and (failed or _refused(attempt)):
        return Billed(NOTHING, sent=True)
    if usage is None:
        return Billed(None, sent=True)
    sound = fault is None and attempt.error is None
    counted = reply.counted if reply is not None and sound else None
    if counted is None:
        # What it says it cost was charged, whatever its counts are worth.
        told = usage.charged_usd
        return Billed(None if told is None else Usage(cost_usd=told), sent=True)
    if quirks.usage_excludes_reasoning and counted.output_tokens is not None:
        thought = counted.reasoning_tokens or 0
        counted = replace(counted, output_tokens=counted.output_tokens + thought)
    return Billed(counted, sent=True)


def _refused(attempt: Attempt) -> bool:
    status = attempt.status
    return status is not None and 400 <= status < 500 and status not in _MAY_HAVE_WORKED


def _failed(attempt: Attempt) -> bool:
    status = attempt.status
    return status is not None and status >= 500 and status not in _MAY_STILL_WORK
