"""What catalogues charge beside the two prices of tokens: fees, thinking, pictures, dearer tiers.

What no part of a price can hold leaves the price unknown, by name: a worst case that lacks a charge is
none.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from gatewayz.core.model import Price
from gatewayz.core.units import PLAUSIBLE_USD_PER_MTOK, as_number

# The names are OpenRouter's (PublicPricing in its OpenAPI document, read 2026-08-22); other lists that
# have any of these took them from there. Together adds `hourly` and `base`, whose use it does not tell.
_REQUEST, _PICTURE, _THINKING, _TIERS = "request", "image", "internal_reasoning", "overrides"
_MEDIA = ("image_token", "audio", "input_audio")
# Our own backend's mark of a price that is the dearest of several.
IS_MOST = "is_most"
# What a cache has of the input, in OpenRouter's name and in Together's.
_CACHED = ("input_cache_read", "cached_input")
# A search is charged where one is asked for, which nobody does here, and by models that always search.
_SEARCH = "web_search"
_ALWAYS_SEARCHES = re.compile(r"(?<![a-z])(sonar|search|online|deep-research)(?![a-z])", re.I)
# The two sides themselves; what makes a thing cheaper; what has to be asked for and is not.
_NO_MORE = re.compile(
    r"prompt|completion|input|output|discount|finetune|cached_input|type|"
    r"(input_)?cache_(read|write)\w*|(input_)?audio_cache\w*|input_audio_cache\w*|"
    r"image_output|audio_output|output_audio"
)  # fmt: skip
# Nobody charges more than this for one request or picture of a chat: it is a unit read wrongly.
MOST_FEE_USD = 100.0


def with_charges(price: Price, pricing: Any, unit: float, model_id: str = "") -> Price:
    """The price with all else that a catalogue's `pricing` charges for a question.

    `unit` is what one of its units is worth in USD per million tokens; fees are in plain USD.
    """
    if not isinstance(pricing, Mapping) or not price.known:
        return price
    charged = {str(name): _number(value) for name, value in pricing.items() if _is_charge(value)}
    for tier in _tiers_in(pricing):
        for name in (_PICTURE, _THINKING, *_MEDIA, _SEARCH):
            if _is_charge(value := tier.get(name)):
                charged[name] = _dearer_of(charged.get(name, 0.0), _number(value))
    varies = price.is_most or pricing.get(IS_MOST) is True or _varies(price, pricing, unit)
    price = _with_tiers(price, _tiers_in(pricing), unit)
    price = replace(
        price,
        is_most=varies,
        request_usd=max(price.request_usd, _fee(charged.get(_REQUEST))),
        picture_usd=_fee(charged.get(_PICTURE)),
        thinking_usd_per_mtok=_dearer(price.output_usd_per_mtok, charged, (_THINKING,), unit),
        media_usd_per_mtok=_dearer(price.input_usd_per_mtok, charged, _MEDIA, unit),
        cached_usd_per_mtok=_cheaper(price.input_usd_per_mtok, pricing, unit),
    )
    also = [name for name, usd in charged.items() if not _reckoned(name, usd, unit, model_id)]
    if also and not price.unreckoned:
        return replace(price, unreckoned=f"{also[0][:40]} is charged as well")
    return price


def _tiers_in(pricing: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What holds from some length or hour on, and beside it when it begins, in a list or alone."""
    told = pricing.get(_TIERS)
    tiers = told if isinstance(told, list) else [told]
    return [tier for tier in tiers if isinstance(tier, Mapping)]


def _dearer_of(one: float | None, other: float | None) -> float | None:
    """The higher of two charges; None where one is told and cannot be read."""
    return None if one is None or other is None else max(one, other)


def _is_charge(value: Any) -> bool:
    """Whether something is charged, or may be: nothing, zero and lists of tiers are not."""
    return not (value is None or value in (0, "", False) or isinstance(value, list | Mapping)) and (
        _number(value) != 0
    )


def _number(value: Any) -> float | None:
    """A finite number of zero or more; None for what is none, and so is not known."""
    number = as_number(value)
    return number if number is not None and number >= 0 else None


def _reckoned(name: str, usd: float | None, unit: float, model_id: str) -> bool:
    """Whether a charge is in the price, or cannot come about."""
    if _NO_MORE.fullmatch(name):
        return True
    if name == _SEARCH:
        return not _ALWAYS_SEARCHES.search(model_id)
    if name in (_REQUEST, _PICTURE):
        return usd is not None and usd <= MOST_FEE_USD
    if name in (_THINKING, *_MEDIA):
        return usd is not None and usd * unit <= PLAUSIBLE_USD_PER_MTOK[1]
    # Another name with a number is a charge that we do not know; a word is none ("currency").
    return usd is None


def _fee(usd: float | None) -> float:
    return usd if usd is not None and usd <= MOST_FEE_USD else 0.0


def _dearer(
    plain: float | None, charged: Mapping[str, float | None], names: tuple[str, ...], unit: float
) -> float | None:
    """The dearest of these prices where it is dearer than the plain one; else None."""
    known = [usd for usd in (charged.get(name) for name in names) if usd is not None]
    dearest = round(max(known, default=0.0) * unit, 9)
    return dearest if plain is not None and dearest > plain else None


def _cheaper(plain: float | None, pricing: Mapping[str, Any], unit: float) -> float | None:
    """What cached input costs, of several tiers the most; None where nothing tells it.

    Nothing at all is what lists say that have no such price, and more than the plain price is none.
    """
    named = [table.get(name) for table in (pricing, *_tiers_in(pricing)) for name in _CACHED]
    told = [_number(value) for value in named if value is not None]
    known = [round(usd * unit, 9) for usd in told if usd is not None]
    most = max(known, default=0.0)
    sound = len(known) == len(told) and plain is not None and 0 < most <= plain
    return most if sound else None


def _with_tiers(price: Price, tiers: Sequence[Mapping[str, Any]], unit: float) -> Price:
    """The dearest of several tiers (long prompts, hours of the day): a bound holds for all of them."""
    into, out, fee = price.input_usd_per_mtok or 0.0, price.output_usd_per_mtok or 0.0, 0.0
    unreckoned = ""
    for tier in tiers:
        for name in ("prompt", "completion", _REQUEST):
            given = tier.get(name)
            if given is None:
                continue
            usd = _number(given)
            if usd is None:
                unreckoned = "some of its tiers cannot be read"
                continue
            into = max(into, round(usd * unit, 9)) if name == "prompt" else into
            out = max(out, round(usd * unit, 9)) if name == "completion" else out
            fee = max(fee, usd) if name == _REQUEST else fee
    return replace(
        price,
        input_usd_per_mtok=into,
        output_usd_per_mtok=out,
        request_usd=fee,
        unreckoned=unreckoned,
    )


def _varies(price: Price, pricing: Mapping[str, Any], unit: float) -> bool:
    """Whether some tier has another price than what holds without it."""
    others = (*_CACHED, _REQUEST, _PICTURE, _THINKING, *_MEDIA)
    plain = {name: (_number(pricing.get(name)) or 0.0) * unit for name in others}
    plain["prompt"] = price.input_usd_per_mtok or 0.0
    plain["completion"] = price.output_usd_per_mtok or 0.0
    return any(
        not math.isclose(usd * unit, plain[name])
        for tier in _tiers_in(pricing)
        for name in plain
        if (usd := _number(tier.get(name))) is not None
    )
