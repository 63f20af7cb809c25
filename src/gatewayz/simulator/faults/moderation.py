"""A harmless message is refused by somebody's filter: `moderation-block`."""

from __future__ import annotations

from typing import Any

from gatewayz.simulator.faults.surface import Told, draw, dressed, error_in_200, refuse, spelled
from gatewayz.simulator.faults.table import CHAT, Fault, Stage
from gatewayz.simulator.response import Response, body_response
from gatewayz.simulator.turn import Trouble, Turn

_BLOCKED = Told(
    trouble=Trouble.BAD_REQUEST,
    statuses=(400, 403),
    marks=("content_filter", "moderation_blocked", "content_policy_violation", "input_flagged"),
    sentences=(
        "Your input was flagged by our moderation system.",
        "The prompt was blocked by the content filter.",
        "This request violates our content policy and was not processed.",
        "The response was filtered due to the prompt triggering the content management policy.",
        "Input rejected: harassment (0.91)",
        "{model} requires moderation, and your input was flagged for violence.",
        "Die Anfrage wurde vom Inhaltsfilter blockiert.",
        "Le contenu a été bloqué par la modération.",
        "输入内容未通过安全审核",
        "El contenido fue bloqueado por la política de moderación.",
    ),
)


def _with_reasons(turn: Turn) -> Response:
    """An error whose details say what was flagged."""
    said, _ = draw(turn, _BLOCKED)
    reasons = turn.rng.sample(("violence", "harassment", "self-harm", "hate", "sexual"), 2)
    details: tuple[dict[str, Any], ...] = (
        {"metadata": {"reasons": reasons, "flagged_input": "Respond with…"}},
        {"innererror": {"content_filter_result": {r: {"filtered": True} for r in reasons}}},
        {"moderation": {"flagged": True, "categories": dict.fromkeys(reasons, True)}},
    )
    error = {"message": said.message, "code": said.mark or said.status}
    body = {"error": error | turn.rng.choice(details)}
    turn.variant = "reasons"
    return dressed(turn, body_response(said.status, spelled(body, turn.rng), "application/json"))


def _blocked(turn: Turn) -> Response:
    if turn.rng.random() < 0.4:
        return _with_reasons(turn)
    if turn.stream and turn.rng.random() < 0.3:  # a filter that reads along
        return error_in_200(turn, _BLOCKED, midway=True)
    return refuse(turn, _BLOCKED)


FAULTS = (Fault("moderation-block", Stage.INSTEAD, _blocked, routes=CHAT),)
