"""What a ledger answers: leave to send, a refusal with its reason, who went beyond the limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gatewayz.core.costs import is_for_the_request
from gatewayz.core.text import visible
from gatewayz.core.units import show_usd
from gatewayz.money.accounts import PICO
from gatewayz.money.bound import Bound

CapName = Literal["usd", "tokens", "calls"]
_OPTIONS: dict[CapName, str] = {
    "usd": "--max-cost", "tokens": "--max-tokens-total", "calls": "--max-calls",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """The most of everything together; None: no cap. USD, tokens in and out, calls sent."""

    usd: float | None = None
    tokens: int | None = None
    calls: int | None = None

    @property
    def any(self) -> bool:
        """Whether there is a cap at all."""
        return self.on_spending or self.calls is not None

    @property
    def on_spending(self) -> bool:
        """Whether what a provider makes of a call can pass a cap."""
        return self.usd is not None or self.tokens is not None


@dataclass(frozen=True, slots=True, eq=False)
class Reservation:
    """Leave to send one request; to be settled once.

    `at_s` is when, by the ledger's clock, `tokens` and `pico_usd` what is held for it.
    """

    gateway: str
    bound: Bound
    at_s: float
    tokens: int
    pico_usd: int

    @property
    def input_tokens(self) -> int:
        """How many of the tokens are held for the input."""
        return self.bound.input_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a request may not be sent.

    cap      which cap
    wanted   what it could come to, in the cap's unit; None where nothing tells
    left     what of the cap is neither spent nor reserved
    may_fit  whether it would fit once what is reserved turns out to be less
    never    why it could not be sent as the first one either, one line for people; "" where it could
    reason   one line for people
    """

    cap: CapName
    wanted: float | None
    left: float
    may_fit: bool
    reason: str
    never: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrun:
    """A provider took more than its limits allow: what of, how much was reserved, and taken."""

    gateway: str
    what: Literal["output tokens", "tokens", "usd"]
    reserved: float
    taken: float

    @property
    def told(self) -> str:
        """For people: "a call took 700 output tokens, where 52 were the most it was given"."""
        if self.what == "usd":
            return (
                f"a call cost {show_usd(self.taken)}, where {show_usd(self.reserved)} was the most"
            )
        return (
            f"a call took {self.taken:,.0f} {self.what}, "
            f"where {self.reserved:,.0f} were the most it was given"
        )


def refused(
    cap: CapName, most: int, wanted: int | None, left: int, may_fit: bool, bound: Bound
) -> Refusal:
    """The refusal by one cap, all amounts in its whole units.

    `most` is the cap, `left` what is neither spent nor held, `wanted` what `bound` comes to.
    """
    unit = PICO if cap == "usd" else 1
    return Refusal(
        cap=cap,
        wanted=None if wanted is None else wanted / unit,
        left=left / unit,
        may_fit=may_fit,
        reason=_reason(cap, most / unit, wanted, left / unit, bound),
        never=_never(cap, most / unit, wanted, bound) if wanted is None or wanted > most else "",
    )


def had_its_share(cap: CapName, gateway: str, wanted: int, left: int, may_fit: bool) -> Refusal:
    """The refusal to a gateway that has had its share of a cap; amounts as in `refused`."""
    unit = PICO if cap == "usd" else 1
    return Refusal(
        cap=cap,
        wanted=wanted / unit,
        left=left / unit,
        may_fit=may_fit,
        reason=f"not sent: {visible(gateway)} has had its share of {_OPTIONS[cap]}",
    )


def _reason(cap: CapName, most: float, wanted: int | None, left: float, bound: Bound) -> str:
    if wanted is None:
        return _never(cap, most, wanted, bound)
    shown = _shown(cap, most)
    if cap == "calls":
        return f"not sent: {shown} is used up"
    rest = show_usd(max(0.0, left)) if cap == "usd" else f"{max(0, round(left)):,}"
    return f"not sent: {shown}: {rest} left, and this could come to {_amount(cap, wanted)}"


def _never(cap: CapName, most: float, wanted: int | None, bound: Bound) -> str:
    shown = _shown(cap, most)
    if wanted is None and cap == "usd" and bound.output_tokens is not None:
        beside = bound.price.unreckoned
        why = f" ({visible(beside)})" if beside else ""
        told = f"not sent: the price is unknown{why}, so {shown} cannot be kept to; cap with "
        if is_for_the_request(bound.price):
            return f"{told}--max-tokens-total"
        return (
            f"{told}--max-tokens-total, or write its price under [gateways.NAME] in gatewayz.toml"
        )
    if wanted is None:
        return (
            f"not sent: nothing bounds the answer, so {shown} cannot be kept to; set --max-tokens"
        )
    return f"not sent: this could come to {_amount(cap, wanted)}, more than all of {shown}"


def _shown(cap: CapName, most: float) -> str:
    return f"{_OPTIONS[cap]} {most:.12f}".rstrip("0").rstrip(".")


def _amount(cap: CapName, wanted: int) -> str:
    if cap == "usd":
        return show_usd(wanted / PICO)
    return f"{wanted:,} {'tokens' if cap == 'tokens' else 'call'}"
