"""What a run took, in words: below the gateways of a printout, and in Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from gatewayz.core import Spend
from gatewayz.core.units import show_usd

_NAMED = 3


def spend_lines(spend: Spend | None, *, all_of_it: bool = True, and_odd: bool = True) -> list[str]:
    """A few lines, each a whole sentence; none where nothing was sent and nothing left out.

    `all_of_it` False leaves out what nobody asked for: what a run without a cap took, where nothing
    is odd about it. `and_odd` False leaves out what is odd, which a load run's notes have.
    """
    if spend is None:
        return []
    lines = [_spent(spend)] if spend.calls and (all_of_it or spend.capped) else []
    if spend.left_out.cases or spend.left_out.tries:
        lines.append(_left_out(spend))
    if and_odd:
        lines += [f"{name} stopped: {told}" for name, told in spend.overruns.items()]
        lines += [audit.told for audit in spend.audits if audit.odd]
    return lines


def _spent(spend: Spend) -> str:
    most = "at most " if spend.dearest_calls else ""
    cost = "cost unknown" if spend.usd is None else f"{most}{show_usd(spend.usd)}"
    tokens = f"{spend.input_tokens:,} tokens in, {spend.output_tokens:,} out"
    if _is_untold(spend):
        tokens = "tokens unknown"
    told = f"Spent: {cost} for {_of(spend.calls, 'call')}, {tokens}"
    return "; ".join([told, *_besides(spend)])


def _is_untold(spend: Spend) -> bool:
    """Whether no call told any of its tokens."""
    return spend.uncounted_calls == spend.calls and not spend.input_tokens + spend.output_tokens


def _besides(spend: Spend) -> Iterator[str]:
    reserved = spend.unreported_calls - spend.uncounted_calls
    if reserved > 0:
        usd = f" and {show_usd(spend.unreported_usd)}" if spend.unreported_usd else ""
        yield (
            f"of it {spend.unreported_tokens:,} tokens{usd} as reserved for {_of(reserved, 'call')} "
            f"without full usage"
        )
    in_part = []
    if spend.uncounted_calls and not _is_untold(spend):
        in_part.append(f"the tokens of {_of(spend.uncounted_calls, 'call')}")
    if spend.unpriced_calls and spend.usd is not None:
        in_part.append(f"the cost of {_of(spend.unpriced_calls, 'call')}")
    if in_part:
        yield f"not all counted: {', '.join(in_part)}"
    if spend.unpriced:
        more = len(spend.unpriced) - _NAMED
        names = ", ".join(spend.unpriced[:_NAMED]) + (f" and {more} more" if more > 0 else "")
        yield f"price unknown: {names}"
    if spend.verdicts is not None:
        yield f"what came after the first {_of(spend.verdicts, 'verdict')} not counted"


def _left_out(spend: Spend) -> str:
    parts = []
    if spend.left_out.cases:
        parts.append(f"{_of(spend.left_out.cases, 'case')} not sent")
    if spend.left_out.tries:
        tries = "another try" if spend.left_out.tries == 1 else f"{spend.left_out.tries} more tries"
        parts.append(f"{tries} not made")
    return f"Left out to keep to the cap: {', '.join(parts)}"


def _of(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
