"""Cerebras."""

from __future__ import annotations

from gatewayz.simulator.cards import Card
from gatewayz.simulator.dialect import Dialect


class _Dialect(Dialect):
    root = "/v1"
    key_variable = "CEREBRAS_API_KEY"
    chat_cards = (Card("openai/gpt-oss-120b"), Card("qwen/qwen3-32b"), Card("zai-org/glm-5"))


DIALECT = _Dialect()
