"""A plain OpenAI-compatible server of one's own, which takes any key and none."""

from __future__ import annotations

from gatewayz.simulator.cards import Card
from gatewayz.simulator.dialect import Dialect
from gatewayz.simulator.features import COMMON
from gatewayz.simulator.turn import Problem, Turn


class _Local(Dialect):
    public_models = True
    chat_cards = (
        Card("tiny"),
        Card("small", features=(*COMMON, "vision")),
        Card("openai/gpt-oss-20b"),
    )

    def refuse_key(self, turn: Turn) -> Problem | None:  # noqa: ARG002 - nothing to check
        """Nobody is turned away."""
        return None


DIALECT = _Local()
