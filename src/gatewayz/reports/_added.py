"""What the backend adds in words, the same in every printout and report."""

from __future__ import annotations

from collections.abc import Iterable

from gatewayz.core import AddedTime, PairedTime
from gatewayz.core.held_up import OUR_DOING
from gatewayz.reports._wrapping import wrapped

# With one call at once two connections on each way warm up, and two of the backend's, if each shows in a
# pair of its own; six more have an interval.
_ENOUGH = "--repeat 12 with concurrency = 1"
TITLE = "What the backend adds (the API's time less the direct one's, median over pairs)"


def printed(lines: Iterable[AddedTime], width: int) -> list[str]:
    """All of it as lines of a printout, with an empty one at the end; nothing of nothing."""
    told: list[str] = []
    for added in lines:
        told += wrapped(" / ".join(place_of(added)), "  ", width=width)
        parts = (
            ("first token", first_token(added) if added.ttft else ""),
            ("whole answer", whole_answer(added)),
            ("own account", own_account(added)),
            ("not counted", not_counted(added)),
        )
        for name, words in parts:
            if words:
                told += wrapped(f"{name:<12} {words}", "    ", width=width)
    return [*wrapped(f"{TITLE}:", "", width=width), *told, ""] if told else []


def first_token(added: AddedTime) -> str:
    """The difference of the times to the first token, or why there is none."""
    if added.ttft is not None:
        return _difference(added.ttft)
    if added.latency is not None and not added.held_up:
        return "n/a: not streamed"
    return _no_pair(added)


def whole_answer(added: AddedTime) -> str:
    """The difference of the latencies, or why there is none."""
    return _difference(added.latency) if added.latency is not None else _no_pair(added)


def _no_pair(added: AddedTime) -> str:
    """Why there is no difference; `not_counted` says how many pairs that was so of."""
    if added.held_up:
        return f"n/a: {OUR_DOING} in every pair that would count"
    if added.warm_up and not (added.left_out or added.not_sent):
        return f"n/a: every pair opened a connection; {_ENOUGH} leaves enough"
    if added.not_sent and not (added.warm_up or added.left_out):
        return "n/a: no pair was sent"
    end = ", came one way only or was not sent" if added.not_sent else " or came one way only"
    return f"n/a: every pair was to warm up, failed, was retried{end}"


def place_of(added: AddedTime) -> tuple[str, str, str]:
    """Gateway, model and probe; all models of a gateway are called so."""
    return (added.gateway, added.model or "all models", added.probe)


def _difference(found: PairedTime) -> str:
    """A paired difference with its interval and how many pairs stand behind it."""
    value = signed_ms(found.median_s)
    pairs = "1 pair" if found.pairs == 1 else f"{found.pairs} pairs"
    if found.interval is None:
        return f"{value}, {pairs}: {found.told} for an interval"
    ends = " to ".join(map(signed_ms, (found.interval.low, found.interval.high)))
    return f"{value} ({ends}), {pairs}: {found.told}"


def own_account(added: AddedTime) -> str:
    """What the backend's own headers say it took, "" where they say nothing."""
    if added.own_s is None:
        return ""
    return f"{ms(added.own_s)} (n={added.own_count})"


def not_counted(added: AddedTime) -> str:
    """The pairs that are in no difference, "" where all are."""
    few = added.latency is not None and added.latency.interval is None
    short = few and not (added.held_up or added.left_out or added.not_sent)
    told = (
        (added.warm_up, f"to warm up ({_ENOUGH} leaves enough)" if short else "to warm up"),
        (added.held_up, "held up by ourselves"),
        (added.left_out, "failed, retried or one way only"),
        (added.not_sent, "not sent"),
    )
    return ", ".join(f"{number} {words}" for number, words in told if number)


def ms(seconds: float) -> str:
    """Milliseconds with three digits or so: "0.31 ms", "12.3 ms", "1234 ms"."""
    value = seconds * 1000
    digits = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    return f"{value:.{digits}f} ms"


def signed_ms(seconds: float) -> str:
    """A difference in milliseconds, its sign in front also where it is plus."""
    told = ms(seconds)
    return told if told.startswith("-") else f"+{told}"
