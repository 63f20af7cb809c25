"""The bill against our own estimate: what gateways say their answers cost, and what they would."""

from __future__ import annotations

from dataclasses import dataclass, field

from gatewayz.core import Audit, Price, Usage
from gatewayz.core.costs import cost_range, fits


@dataclass(slots=True)
class _Sum:
    answers: int = 0
    reported_usd: float = 0.0
    least_usd: float = 0.0
    most_usd: float = 0.0
    odd: int = 0


@dataclass(slots=True)
class Auditor:
    """Adds up, by gateway, the answers that report a cost and whose price is known.

    A rounding that one answer hides shows in the sum of many.
    """

    _sums: dict[str, _Sum] = field(default_factory=dict)

    def add(self, gateway: str, usage: Usage | None, price: Price, *, pictures: int = 0) -> None:
        """Takes one answer; one without a cost, or that cannot be reckoned, says nothing."""
        told = usage.charged_usd if usage is not None else None
        if usage is None or told is None:
            return
        reckoned = cost_range(price, usage, pictures=pictures)
        if reckoned is None:
            return
        total = self._sums.setdefault(gateway, _Sum())
        total.answers += 1
        total.reported_usd += told
        total.least_usd += reckoned[0]
        total.most_usd += reckoned[1]
        total.odd += not fits(told, *reckoned)

    def audits(self) -> tuple[Audit, ...]:
        """One for each gateway that reported a cost."""
        return tuple(
            Audit(
                gateway=gateway,
                answers=total.answers,
                reported_usd=total.reported_usd,
                least_usd=total.least_usd,
                most_usd=total.most_usd,
                odd=total.odd,
            )
            for gateway, total in self._sums.items()
        )
