"""What an answer cost by its price, and whether a reported cost can be that."""

from __future__ import annotations

from gatewayz.core.attempt import Usage
from gatewayz.core.model import Price

# A reported cost is odd beyond these: a list may lag behind a provider's price, a router take a
# dearer host, and a key of one's own, a cache or a discount leave a twentieth of it.
MOST_TIMES = 1.5
LEAST_SHARE = 0.04
# What rounding to a millionth of a dollar may add to one answer.
SLACK_USD = 5e-7


def usd_of(price: Price, input_tokens: int, output_tokens: int) -> float | None:
    """USD for so many tokens; None when a side that was used has no price."""
    into, out = price.input_usd_per_mtok, price.output_usd_per_mtok
    if (into is None and input_tokens) or (out is None and output_tokens):
        return None
    return Price(into or 0.0, out or 0.0).usd(input_tokens, output_tokens)


def cost_range(price: Price, usage: Usage) -> tuple[float, float] | None:
    """The least and the most USD that an answer can cost by its price; None where that is unknown.

    Cached tokens may cost nothing at the least; at the most they come on top of the input, and
    thinking on top of the output, where providers count them apart.
    """
    into, out = usage.input_tokens, usage.output_tokens
    if into is None or out is None or not price.known:
        return None
    cached, thought = usage.cached_tokens or 0, usage.reasoning_tokens or 0
    least = price.usd(max(0, into - cached), out)
    most = price.usd(into + cached, out + thought)
    return None if least is None or most is None else (least, most)


def fits(cost_usd: float, least_usd: float, most_usd: float) -> bool:
    """Whether a reported cost lies in the range, with what is allowed on either side.

    Nothing at all is no cost that was reckoned: free of charge, or on a plan of its own.
    """
    if cost_usd == 0:
        return True
    return LEAST_SHARE * least_usd <= cost_usd <= MOST_TIMES * most_usd + SLACK_USD
