"""What a run took: calls, tokens, money, and what was left out to keep to a cap."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gatewayz.core.units import rounded_usd, show_usd


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSent:
    """What a cap left out: whole cases, and further tries of cases that have a verdict."""

    cases: int = 0
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What one gateway says its answers cost, against what they cost by their price.

    Over the `answers` that report a cost and whose price is known, `odd` of which lie outside of
    what is allowed (docs/money.md). All in USD; the estimate is a range, since cached tokens and
    thinking are billed in more ways than one.
    """

    gateway: str
    answers: int
    reported_usd: float
    least_usd: float
    most_usd: float
    odd: int = 0

    @property
    def told(self) -> str:
        """For people: what was reported, and what it would be."""
        range_ = show_usd(self.most_usd)
        if self.least_usd != self.most_usd:
            range_ = f"{show_usd(self.least_usd)} to {range_}"
        answers = "1 answer" if self.answers == 1 else f"{self.answers:,} answers"
        return (
            f"{self.gateway} reports {show_usd(self.reported_usd)} for {answers}; "
            f"by price and usage it is {range_} ({self.odd} far off)"
        )

    def __add__(self, other: Audit) -> Audit:
        """The audit over the answers of both, which are the same gateway's."""
        return Audit(
            gateway=self.gateway,
            answers=self.answers + other.answers,
            reported_usd=self.reported_usd + other.reported_usd,
            least_usd=self.least_usd + other.least_usd,
            most_usd=self.most_usd + other.most_usd,
            odd=self.odd + other.odd,
        )


def audits_together(audits: Iterable[Audit]) -> tuple[Audit, ...]:
    """One audit for each gateway, over the answers of all of these."""
    found: dict[str, Audit] = {}
    for one in audits:
        found[one.gateway] = found[one.gateway] + one if one.gateway in found else one
    return tuple(found.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend:
    """What the calls of a run took. Model lists cost nothing and are none of them.

    `usd` is None where no price at all is known, and leaves out `unpriced_calls`, of the models
    `unpriced` ("gateway/model"). Of `calls`, `unreported_calls` came without counts: what was
    reserved for them is in the sums, and in `unreported_tokens` and `unreported_usd`; for the
    `uncounted_calls` among them nothing was reserved: of their tokens one side at most is in the sums, and
    their cost only where they report it. Of `dearest_calls` the cost is the most that it can be, such as
    cached input at the full price. `capped` says that there was a cap on anything, and `left_out` what did
    not fit. `overruns` tells of the gateways that took more than they were given, by name. `verdicts` is how many of the run's, in
    the order they were recorded, stand behind all of this; None: all, as where no process was killed.
    """

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    usd: float | None = None
    unreported_calls: int = 0
    unreported_tokens: int = 0
    unreported_usd: float = 0.0
    uncounted_calls: int = 0
    unpriced_calls: int = 0
    dearest_calls: int = 0
    unpriced: tuple[str, ...] = ()
    capped: bool = False
    left_out: NotSent = NotSent()
    overruns: Mapping[str, str] = field(default_factory=dict)
    audits: tuple[Audit, ...] = ()
    verdicts: int | None = None


def spend_together(spends: Iterable[Spend]) -> Spend | None:
    """The sums of accounts that were kept apart, each of its own calls and cases; None without any."""
    each = list(spends)
    if not each:
        return None

    def all_of(name: str) -> int:
        return sum(getattr(one, name) for one in each)

    known = [one.usd for one in each if one.usd is not None]
    return Spend(
        calls=all_of("calls"),
        input_tokens=all_of("input_tokens"),
        output_tokens=all_of("output_tokens"),
        usd=rounded_usd(sum(known)) if known else None,
        unreported_calls=all_of("unreported_calls"),
        unreported_tokens=all_of("unreported_tokens"),
        unreported_usd=rounded_usd(sum(one.unreported_usd for one in each)),
        uncounted_calls=all_of("uncounted_calls"),
        unpriced_calls=all_of("unpriced_calls"),
        dearest_calls=all_of("dearest_calls"),
        unpriced=tuple(dict.fromkeys(name for one in each for name in one.unpriced)),
        capped=any(one.capped for one in each),
        left_out=NotSent(
            cases=sum(one.left_out.cases for one in each),
            tries=sum(one.left_out.tries for one in each),
        ),
        overruns={name: told for one in reversed(each) for name, told in one.overruns.items()},
        audits=audits_together(audit for one in each for audit in one.audits),
    )
