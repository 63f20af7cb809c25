"""JSON because the request's format orders it: enforced against the schema where there is one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from gatewayz.simulator.filling import filled
from gatewayz.simulator.models._asked import Ability, Asked

_KEY = re.compile(
    r"\bkey\s+[\"“'`]([^\"”'`\n]{1,60})[\"”'`](?:\s+(?:with|set to|=)\s+(?:the\s+)?(?:value\s+)?"
    r"[\"“'`]([^\"”'`\n]{0,200})[\"”'`])?",
    re.IGNORECASE,
)
_NAMES = ("Ada", "Grace", "Alan", "Edsger", "Barbara", "Ken")
_CITIES = ("London", "Oslo", "Lisbon", "Kyoto", "Quito", "Turin")


def _answer(asked: Asked) -> str | None:
    if asked.format == "json_schema":
        form = asked.body["response_format"].get("json_schema")
        schema = form.get("schema") if isinstance(form, Mapping) else None
        value: Any = filled(schema if isinstance(schema, Mapping) else {}, asked.rng)
        return json.dumps(value, ensure_ascii=False)
    if asked.format == "json_object":
        wanted = {key: value or "yes" for key, value in _KEY.findall(asked.text)}
        return json.dumps(wanted or _person(asked), ensure_ascii=False)
    return None


def _person(asked: Asked) -> dict[str, Any]:
    rng = asked.rng
    return {"name": rng.choice(_NAMES), "age": rng.randint(20, 80), "city": rng.choice(_CITIES)}


ABILITY = Ability(40, _answer)
