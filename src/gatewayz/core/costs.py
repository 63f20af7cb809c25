"""What an answer cost by its price, and whether a reported cost can be that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from gatewayz.core.attempt import Usage
from gatewayz.core.model import Price
from gatewayz.core.text import visible
from gatewayz.core.units import show_usd, show_usd_per_mtok

# A reported cost is odd beyond these: a list may lag behind a provider's price, a router take a
# dearer host, and a key of one's own, a cache or a discount leave a twentieth of it.
MOST_TIMES = 1.5
LEAST_SHARE = 0.04
# What rounding to a millionth of a dollar may add to one answer.
SLACK_USD = 5e-7
# The kinds of parts of a message that are pictures.
PICTURES = (
    "image_url", "input_image", "image", "computer_screenshot", "image_generation_call",
)  # fmt: skip
_A_PICTURE_MADE = PICTURES[-1]
# And those that are text.
TEXTS = ("text", "input_text", "output_text", "reasoning_text", "refusal")
# Fields of a request by which it searches or has files read: what they bring in is charged for, and
# counts as input. OpenRouter's plugins and web_search_options
# (https://openrouter.ai/docs/guides/features/plugins/web-search), xAI's search_parameters
# (https://docs.x.ai/docs/guides/live-search), all read 2026-11-27. So may any other name with that word.
_PLUGINS, _SEARCH, _NOT_TO = "plugins", "search", "disable"
# What makes OpenRouter search whatever the request says: "exactly equivalent to" its web plugin
# (https://openrouter.ai/docs/guides/routing/model-variants/online, read 2026-11-27).
_SEARCHING_VARIANT = "online"
# Fields by which an answer has another price: another model's, a faster service's, that of sound.
_OTHERWISE = {
    "models": (), "service_tier": ("default", "flex"), "modalities": (["text"],), "audio": (),
}  # fmt: skip
# Tools that whoever asks runs themselves; any other is the provider's, and has its price.
_OWN_TOOLS = ("function", "custom")
_MORE = "may cost more"
# What a price is told to be where some answers cost less.
DEAREST = "the dearest of several prices"
_TOOLS, _WRITTEN_CACHE = "tools", "cache_control"


def parts_in(messages: Any) -> list[Mapping[str, Any]]:
    """The parts of all messages; a plain text is no part.

    Of a list of items for /v1/responses too, where also what a tool gave back may have parts, and a picture
    that was made is an item by itself.
    """
    parts: list[Any] = []
    for message in _listed(messages):
        if isinstance(message, Mapping):
            parts += _listed(message.get("content"))
            output = message.get("output")
            parts += [output] if isinstance(output, Mapping) else _listed(output)
            parts += [message] if message.get("type") == _A_PICTURE_MADE else ()
    return [part for part in parts if isinstance(part, Mapping)]


def kinds_in(messages: Any) -> list[Any]:
    """The kinds of the parts of all messages."""
    return [part.get("type") for part in parts_in(messages)]


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def pictures_in(messages: Any) -> int:
    """How many pictures are in messages."""
    return sum(kind in PICTURES for kind in kinds_in(messages))


def price_that_counts(listed: Price | None, given: Price | None) -> Price | None:
    """A gateway's own list goes before what its user wrote, where it knows the whole price.

    None where neither tells. Source: docs/money.md, "Prices".
    """
    return listed if listed is not None and listed.known else given


def usd_of(
    price: Price, input_tokens: int, output_tokens: int, *, thought: int | None = None
) -> float | None:
    """USD for one request of so many tokens, any fee included; None where something has no price.

    Without a token on either side nothing was done, and there is no fee. `thought` as in Price.usd.
    """
    if not input_tokens and not output_tokens:
        return 0.0
    into, out = price.input_usd_per_mtok, price.output_usd_per_mtok
    if (into is None and input_tokens) or (out is None and output_tokens):
        return None
    whole = replace(price, input_usd_per_mtok=into or 0.0, output_usd_per_mtok=out or 0.0)
    return whole.usd(input_tokens, output_tokens, thought=thought)


def price_asked(price: Price, model_id: str, extra: Mapping[str, Any], messages: Any) -> Price:
    """The price of a request to a model with these further fields and messages.

    It is unknown, in so many words, where what is asked for may cost more than lists tell.
    """
    beside = searched_by(model_id, extra) or _otherwise_by(extra) or _cached_by(extra, messages)
    return replace(price, unreckoned=f"{beside} {_MORE}") if beside else price


def is_for_the_request(price: Price) -> bool:
    """Whether a price is unknown for what the request asks for, whatever lists tell."""
    return price.unreckoned.endswith(_MORE)


def price_of_request(price: Price, model_id: str, extra: Mapping[str, Any], messages: Any) -> Price:
    """What a request is reckoned at: as `price_asked`, and where there is more than text in it, at the
    dearest it may cost.
    """
    return with_media(price_asked(price, model_id, extra, messages), messages)


def with_media(price: Price, messages: Any) -> Price:
    """The price with all input at the dearest it may cost, where there is more than text in it.

    What a cache has of that is told for text alone.
    """
    media = price.media_usd_per_mtok
    if media is None or all(kind in TEXTS for kind in kinds_in(messages)):
        return price
    dearest = max(media, price.input_usd_per_mtok or 0.0)
    return replace(price, input_usd_per_mtok=dearest, cached_usd_per_mtok=None, is_most=True)


def searched_by(model_id: str, extra: Mapping[str, Any]) -> str:
    """By what a request has the provider look something up: a field, or the model's name; "" for nothing."""
    if ":" in model_id and _SEARCHING_VARIANT in model_id.lower().split(":")[1:]:
        return f":{_SEARCHING_VARIANT}"
    for name, value in extra.items():
        low = name.lower()
        if low == _TOOLS:
            if not all(map(_is_own, _listed(value))):
                return f"a tool of the provider in {name}"
            continue
        searches = _SEARCH in low and not low.startswith(_NOT_TO)
        if (searches or low == _PLUGINS) and _is_asked(value):
            return name
    return ""


def _is_asked(value: Any) -> bool:
    """Whether a field asks for something: an empty object does, and leaves the rest to the provider."""
    return bool(value) or isinstance(value, Mapping)


def _is_own(tool: Any) -> bool:
    """Whether a tool is one's own; what says by its name alone what it is, such as Gemini's
    {"google_search": {}}, is the provider's.
    """
    if not isinstance(tool, Mapping):
        return False
    kind = tool.get("type")
    return kind in _OWN_TOOLS or (kind is None and any(name in tool for name in _OWN_TOOLS))


def _otherwise_by(extra: Mapping[str, Any]) -> str:
    for name, value in extra.items():
        same = _OTHERWISE.get(name.lower())
        if same is not None and value not in same and _is_asked(value):
            return name
    return ""


def _cached_by(extra: Mapping[str, Any], messages: Any) -> str:
    """What writes a cache, which some charge for as dearer input."""
    return _WRITTEN_CACHE if any(map(_is_cached, _holders(extra, messages))) else ""


def _holders(extra: Mapping[str, Any], messages: Any) -> Iterator[Any]:
    """Whatever of a request may say that it is to be kept in a cache."""
    yield extra
    for message in _listed(messages):
        yield message
        content = message.get("content") if isinstance(message, dict) else None
        if not isinstance(content, str):
            yield from _listed(content)
    for tool in _listed(extra.get(_TOOLS)):
        yield tool
        if isinstance(tool, dict):
            yield tool.get("function")


def _is_cached(holder: Any) -> bool:
    return (
        isinstance(holder, dict) and _WRITTEN_CACHE in holder and _is_asked(holder[_WRITTEN_CACHE])
    )


def answer_usd(price: Price, usage: Usage, messages: Any) -> float | None:
    """What an answer to these messages cost by its price; None where counts or price are unknown.

    It is at most that where `may_be_less`.
    """
    into, cached = usage.input_tokens, usage.cached_tokens or 0
    if into is None:
        return None
    usd = price.usd(
        input_charged(into, usage),
        usage.output_tokens or 0,
        thought=usage.reasoning_tokens,
        cached=cached,
    )
    if usd is None or not price.picture_usd:
        return usd
    return usd + pictures_in(messages) * price.picture_usd


def input_charged(input_tokens: int, usage: Usage) -> int:
    """How many input tokens are charged for: more cached ones than all of the input are counted beside it."""
    cached = usage.cached_tokens or 0
    return input_tokens if cached <= input_tokens else input_tokens + cached


def may_be_less(price: Price, usage: Usage) -> bool:
    """Whether a cost is reckoned as dear as it can be, since nobody tells how much of it is cheaper.

    That is where the price is the dearest of several, where a cache had some of the input and its price is
    not known, and where thinking costs more than other output and was not counted.
    """
    dear = bool(price.input_usd_per_mtok)
    of_cache = dear and bool(usage.cached_tokens) and price.cached_usd_per_mtok is None
    thinking = price.thinking_usd_per_mtok is not None and usage.reasoning_tokens is None
    return price.is_most or of_cache or (thinking and bool(usage.output_tokens))


def charges_told(price: Price) -> str:
    """What is charged beside the two sides, for people: "$0.0100 a request"; "" for nothing."""
    dearer = ((price.thinking_usd_per_mtok, "thinking"), (price.media_usd_per_mtok, "media"))
    fees = ((price.request_usd, "a request"), (price.picture_usd, "a picture"))
    told = [f"{show_usd(usd)} {of}" for usd, of in fees if usd]
    told += [f"{of} {show_usd_per_mtok(usd)}" for usd, of in dearer if usd is not None]
    return ", ".join([*told, *([visible(price.unreckoned)] if price.unreckoned else [])])


def cost_range(price: Price, usage: Usage, *, pictures: int = 0) -> tuple[float, float] | None:
    """The least and the most USD that an answer can cost by its price; None where that is unknown.

    Cached tokens may cost nothing at the least; at the most they come on top of the input, and
    thinking on top of the output, where providers count them apart. `pictures` were asked about.
    """
    into, out = usage.input_tokens, usage.output_tokens
    if into is None or out is None or not price.known:
        return None
    cached, thought = usage.cached_tokens or 0, usage.reasoning_tokens or 0
    least = price.usd(max(0, into - cached), out, thought=0)
    dearest = max(price.input_usd_per_mtok or 0.0, price.media_usd_per_mtok or 0.0)
    most = replace(price, input_usd_per_mtok=dearest).usd(into + cached, out + thought)
    if least is None or most is None:
        return None
    return least, most + pictures * price.picture_usd


def fits(cost_usd: float, least_usd: float, most_usd: float) -> bool:
    """Whether a reported cost lies in the range, with what is allowed on either side.

    Nothing at all is no cost that was reckoned: free of charge, or on a plan of its own.
    """
    if cost_usd == 0:
        return True
    return LEAST_SHARE * least_usd <= cost_usd <= MOST_TIMES * most_usd + SLACK_USD
