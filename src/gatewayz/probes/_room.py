"""How many tokens a question of ours needs for its answer."""

from gatewayz.core.probe import Ask

_UNLESS_ASKED = Ask().max_tokens or 0


def room(ask: Ask, least: int) -> int | None:
    """The least that the answer needs; None where no limit is to be sent.

    The user's own limit, where it is larger than what is sent unless asked: they know that their
    model thinks. Any other model that thinks gets more room once its thought has eaten this.
    """
    if ask.max_tokens is None:
        return None
    return max(ask.max_tokens, least) if ask.max_tokens > _UNLESS_ASKED else least
