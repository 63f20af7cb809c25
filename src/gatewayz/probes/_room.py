"""How many tokens a question of ours needs for its answer."""

from gatewayz.core.probe import Ask


def room(ask: Ask, least: int) -> int | None:
    """The user's token limit, or the least that the answer needs; None where none is to be sent.

    A model that thinks first needs more: it gets it once its thought has eaten this.
    """
    return None if ask.max_tokens is None else max(ask.max_tokens, least)
