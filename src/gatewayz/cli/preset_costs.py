"""What each preset costs at most over many models, by the plan itself: a table of the docs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from gatewayz.cli.bills import Bill, bills_for
from gatewayz.core import Gateway, Model, Price
from gatewayz.core.catalog import CAPABILITIES
from gatewayz.probes._presets import PRESETS, chosen_probes
from gatewayz.runner import Lane, RollCall, Selection
from gatewayz.store import StoredCatalog

MODELS = 1000
# The medians over the 755 models that OpenRouter sells by the token, in genai-prices 0.2.3 with
# prices until 2026-11-09; over all 2,040 models in it they are 0.5 and 1.5. USD per million tokens.
TYPICAL = Price(0.5, 1.4)


class _Shelf:
    """A stored catalogue of one typical model; its bill times the number of models is theirs."""

    def catalog(self, name: str) -> StoredCatalog:
        model = Model(
            id="typical-model",
            price=TYPICAL,
            context_tokens=131_072,
            max_output_tokens=16_384,
            capabilities=frozenset(CAPABILITIES),
        )
        read_at = datetime(2026, 11, 26, tzinfo=UTC)
        return StoredCatalog(gateway=name, models=(model,), fetched_at=read_at)


def bill_of(preset: str) -> Bill:
    """The worst case of one preset, put to one model, with the settings that nobody changed."""
    lane = Lane(name="typical", way="direct", gateway=Gateway(name="typical"))
    order = RollCall(
        lanes=(lane,),
        probes=chosen_probes([preset], Path()),
        selection=Selection(models="all"),
    )
    (bill,) = bills_for(order, _Shelf())
    return bill


def rows() -> Iterator[tuple[str, ...]]:
    """A line for each preset: calls, and USD when each is made once and when all are needed."""
    for name in PRESETS:
        bill = bill_of(name)
        yield (
            f"`{name}`",
            f"{bill.calls * MODELS:,}",
            _of_all(bill.usd_once),
            _of_all(bill.usd),
        )


def _of_all(usd: float | None) -> str:
    return "unknown" if usd is None else f"${usd * MODELS:,.2f}"
