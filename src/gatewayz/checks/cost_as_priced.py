"""Can the reported cost be that of the reported tokens?"""

from gatewayz.core import Finding, Observation, check
from gatewayz.core.costs import cost_range, fits, pictures_in, price_asked
from gatewayz.core.units import show_usd


@check
def cost_as_priced(seen: Observation) -> Finding | None:
    """The cost lies near what the counts come to by the model's listed price; else a warning.

    Only the gateway's own list counts, and only an answer that reports a cost. What is allowed on
    either side is in docs/money.md, "The audit".
    """
    usage, model, asked = seen.reply.usage, seen.case.model, seen.request
    if usage is None or usage.cost_usd is None or model is None:
        return None
    price, pictures = model.price, 0
    if asked is not None:
        price = price_asked(price, asked.model_id or model.id, asked.extra, asked.messages)
        pictures = pictures_in(asked.messages)
    reckoned = cost_range(price, usage, pictures=pictures)
    if reckoned is None or fits(usage.cost_usd, *reckoned):
        return None
    least, most = (show_usd(usd) for usd in reckoned)
    return Finding(
        kind="cost-differs",
        expected=f"about {most}" if least == most else f"{least} to {most}",
        saw=show_usd(usage.cost_usd),
        warning=True,
    )
