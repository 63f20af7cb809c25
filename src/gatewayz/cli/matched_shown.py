"""What `gatewayz models --match` found, for people and for programs."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from gatewayz.cli.matched import SPEEDS, Match, Offer, Tested
from gatewayz.core import Outcome
from gatewayz.core.canonical import Canonical
from gatewayz.core.codec import to_json
from gatewayz.core.costs import DEAREST, charges_told
from gatewayz.core.load_past import PastLoad
from gatewayz.core.text import visible
from gatewayz.core.units import show_age, show_usd_per_mtok
from gatewayz.measure import METRICS, Typical
from gatewayz.reports._load_history import load_history, speeds_told

SCHEMA = "gatewayz/match/1"
_WIDTH = 78
# One gateway of open weights alone may list hundreds of tunes of one model.
_MOST_NAMES = 12
_INDENT = " " * 4
_COLUMNS = {"ttft": ("TTFT ms", 9), "decode_rate": ("tokens/s", 10), "latency": ("whole ms", 10)}
_TITLES = {"ttft": "TTFT", "decode_rate": "tokens/s", "latency": "time of the whole answer"}


def lines_of(found: Match, now: datetime) -> Iterator[str]:
    """The printout: what was looked for, then each offer with its id on a line of its own."""
    name = visible(found.named.name)
    gateways = {offer.shelf.gateway for offer in found.offers}
    everything = f"{_of(found.listed, 'model')} at {_of(found.gateways, 'gateway')}"
    if found.offers:
        ids, places = _of(len(found.offers), "id"), _of(len(gateways), "gateway")
        yield f"{name}: {ids} at {places} (of {everything})"
    else:
        yield f"{name}: none of {everything} goes by this name"
    left = _left_out(found.named)
    if left:
        yield from _wrapped(f"as asked, without {left}", "")
    if found.offers:
        yield from _wrapped(
            "prices in USD per million tokens, context in tokens; times and rates are medians over "
            "(n) plain answers of stored runs",
            "",
        )
        yield ""
        speeds = (f"{title:>{width}}{'(n)':>6}" for title, width in _COLUMNS.values())
        yield f"{'in':>8}{'out':>8}{'context':>11}{''.join(speeds)}"
    for offer in found.offers:
        yield from _offer(offer, now)
    yield from _others(found)


def _others(found: Match) -> Iterator[str]:
    for names, title in (
        (found.apart, "Kept apart (--match takes these names, too):"),
        (found.nearest, "The nearest names:"),
    ):
        if names:
            yield ""
            yield title
            for name, gateways in list(names.items())[:_MOST_NAMES]:
                yield from _wrapped(f"{visible(name)}: {', '.join(gateways)}", "  ")
        if len(names) > _MOST_NAMES:
            yield f"  and {len(names) - _MOST_NAMES:,} more (--format json has them all)"


def _offer(offer: Offer, now: datetime) -> Iterator[str]:
    shelf, model = offer.shelf, offer.model
    way = " (api)" if shelf.way == "api" else ""
    # The id is what one copies from here: it is never cut.
    yield f"{shelf.gateway}{way}  {visible(model.id)}"
    price, context = model.price, model.context_tokens
    cells = (
        f"{show_usd_per_mtok(price.input_usd_per_mtok):>8}"
        f"{show_usd_per_mtok(price.output_usd_per_mtok):>8}"
        f"{f'{context:,}' if context else '?':>11}"
    )
    for metric, (_, width) in _COLUMNS.items():
        typical = offer.speeds[metric]
        count = typical.estimate.count
        cells += f"{_value(typical):>{width}}{f'({count})' if count else '':>6}"
    yield cells.rstrip()
    features = sorted(model.capabilities - {"chat"})
    told = [
        f"price by {visible(offer.priced_by)}" if offer.priced_by else "",
        DEAREST if price.is_most else "",
        f"and {also}" if (also := charges_told(price)) else "",
        f"offers {', '.join(map(visible, features))}" if features else "",
        "; ".join(_verdicts(offer.tested, now)),
        _not_measured(offer),
        _under_load(offer.under_load, now),
        f"id without {left}" if (left := _left_out(offer.named)) else "",
        f"listed {show_age(shelf.read_at, now)} ago ({shelf.why_stored})" if shelf.read_at else "",
        "to be retired" if model.deprecated else "",
    ]
    for words in filter(None, told):
        yield from _wrapped(words, _INDENT)


def _value(typical: Typical) -> str:
    value = typical.estimate.value
    if value is None:
        return "n/a"
    return f"{value * METRICS[typical.metric].display_factor:,.0f}"


def _verdicts(tested: Iterable[Tested], now: datetime) -> Iterator[str]:
    """Alike ones together: "passed chat, streaming (2h05m ago)"."""
    groups: dict[tuple[Outcome, str, str], list[str]] = {}
    for one in tested:
        key = (one.outcome, one.label, show_age(one.at, now))
        groups.setdefault(key, []).append(one.probe)
    for (outcome, label, age), probes in groups.items():
        why = f": {label}" if label else ""
        yield f"{outcome.value} {', '.join(map(visible, probes))}{visible(why)} ({age} ago)"


def _not_measured(offer: Offer) -> str:
    reasons: dict[str, list[str]] = {}
    for metric in SPEEDS:
        typical = offer.speeds[metric]
        if typical.estimate.value is None:
            reasons.setdefault(typical.reason or _why_none(offer), []).append(_TITLES[metric])
    return "; ".join(
        f"{', '.join(titles) if len(titles) < len(SPEEDS) else 'speed'} not measured: {reason}"
        for reason, titles in reasons.items()
    )


def _under_load(stages: Sequence[PastLoad], now: datetime) -> str:
    """What the last load run measured at its least load; the others are counted."""
    if not stages:
        return ""
    one, more = stages[0], len(stages) - 1
    answers = _of(one.line.passed, "answer")
    about = ", ".join(
        filter(None, (visible(one.line.title), answers, f"{show_age(one.at, now)} ago"))
    )
    rest = f"; {_of(more, 'further step')}: gatewayz show {visible(one.run_id)}" if more else ""
    return f"under load ({about}): {speeds_told(one.line) or 'no time measured'}{rest}"


def _why_none(offer: Offer) -> str:
    if not offer.plain:
        return "not tested yet"
    return f"of {_of(offer.plain, 'plain answer')} none passed"


def _left_out(named: Canonical) -> str:
    return ", ".join(f"{visible(piece)} ({why})" for piece, why in named.left_out)


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text,
        width=_WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + "  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _of(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def document(found: Match) -> dict[str, Any]:
    """The same as a JSON value; docs/cli.md, "models", has what its keys hold."""
    return {
        "schema": SCHEMA,
        "name": to_json(found.named.name),
        "left_out": _pieces(found.named),
        "listed": found.listed,
        "gateways": found.gateways,
        "models": [_offer_document(offer) for offer in found.offers],
        "kept_apart": _names(found.apart),
        "nearest": _names(found.nearest),
    }


def _names(names: Mapping[str, tuple[str, ...]]) -> list[dict[str, Any]]:
    return [{"name": to_json(name), "gateways": list(gateways)} for name, gateways in names.items()]


def _pieces(named: Canonical) -> list[dict[str, str]]:
    return [{"piece": piece, "why": why} for piece, why in named.left_out]


def _offer_document(offer: Offer) -> dict[str, Any]:
    shelf = offer.shelf
    return {
        "gateway": shelf.gateway,
        "way": shelf.way,
        **to_json(offer.model),
        "left_out": _pieces(offer.named),
        "snapshot": offer.named.snapshot or None,
        "listed_at": to_json(shelf.read_at),
        "why_stored": shelf.why_stored or None,
        "priced_by": offer.priced_by or None,
        "verdicts": to_json(offer.tested),
        "delivers": offer.delivers,
        "speed": {
            METRICS[name].name: {
                "unit": METRICS[name].unit,
                "median": typical.estimate.value,
                "low": typical.estimate.low,
                "high": typical.estimate.high,
                "count": typical.estimate.count,
                "not_measured": (
                    typical.reason or _why_none(offer) if typical.estimate.value is None else None
                ),
            }
            for name, typical in offer.speeds.items()
        },
        "under_load": load_history(offer.under_load),
    }
