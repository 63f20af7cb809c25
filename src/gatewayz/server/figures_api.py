"""The addresses of /api/v1 as OpenAPI describes them."""

from __future__ import annotations

from typing import Any

_JSON = "application/json"
_ERROR = {"schema": {"$ref": "#/components/schemas/Error"}}
_TEXT = {"type": "string"}
_WHY = {
    "400": "A field of the query (`param`) cannot be used.",
    "401": "This server's key is missing or wrong.",
    "403": "The key may not see this; runs are for the server's own.",
    "503": "The store cannot be read, or too many ask at a time.",
    "404": "No such run, gateway or model; or nothing has been asked yet.",
}


def paths() -> dict[str, Any]:
    """All of them, by address."""
    return {
        "/api/v1/status": {
            "get": _listed("Tell how every model is, and its share up over 1 to 90 days", "status", 200)
        },
        "/api/v1/timeline": {
            "get": _listed("Tell counts, failures and times step by step", "timeline", 200, _OF_A_TIME)
        },
        "/api/v1/history": {"get": _history()},
        "/api/v1/incidents": {
            "get": _listed("List the times of trouble, the latest first", "incidents", 200)
        },
        "/api/v1/sla": {"get": _listed("Tell what became of every promise", "sla", 200)},
        "/api/v1/runs": {"get": _listed("List runs, the newest first", "runs", 25, most=200)},
        "/api/v1/runs/{id}": {"get": _get("Tell of one run in numbers", "run", (_RUN,))},
        "/api/v1/runs/{id}/results": {
            "get": _listed("List the results of one run", "results", 25, (_RUN, _OUTCOME), most=100)
        },
        "/api/v1/live": {"get": _live()},
    }  # fmt: skip


def _query(name: str, schema: dict[str, Any], told: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": told}


_RUN = {
    "name": "id", "in": "path", "required": True, "schema": _TEXT,
    "description": "A run's id, the beginning of one, or `last`.",
}  # fmt: skip
_OUTCOME = _query(
    "outcome", {"enum": ["passed", "failed", "unknown", "skipped"]}, "Those that ended so alone."
)
_OF_A_TIME = (
    _query("gateway", _TEXT, "A name or a pattern (`*`, `?`), case aside; all when left out."),
    _query("model", _TEXT, "The same of models."),
    _query("probe", _TEXT, "One probe; all together when left out."),
    _query("way", {"enum": ["direct", "api", "both"]}, "`direct` when left out."),
    _query("since", {"type": "string", "format": "date-time"}, "From then on; 7 days before `until`."),
    _query("until", {"type": "string", "format": "date-time"}, "Up to then; now when left out."),
    _query("step_h", {"type": "integer", "minimum": 1, "maximum": 744}, "Hours of a step; 1."),
)  # fmt: skip


def _get(summary: str, kind: str, parameters: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    schema = {
        "type": "object",
        "required": ["schema"],
        "properties": {"schema": {"const": f"gatewayz/api/{kind}/1"}},
    }
    errors = {
        status: {"description": told, "content": {_JSON: _ERROR}} for status, told in _WHY.items()
    }
    told = {"description": "Done.", "content": {_JSON: {"schema": schema}}}
    made: dict[str, Any] = {"summary": summary, "responses": {"200": told, **errors}}
    if parameters:
        made["parameters"] = list(parameters)
    return made


def _listed(
    summary: str, kind: str, usual: int, more: tuple[dict[str, Any], ...] = (), most: int = 1000
) -> dict[str, Any]:
    """One that gives a part of a list."""
    limit = {"type": "integer", "minimum": 1, "maximum": most}
    offset = {"type": "integer", "minimum": 0, "maximum": 10_000_000}
    parameters = (
        *more,
        _query("limit", limit, f"How many; {usual}."),
        _query("offset", offset, "From where."),
    )
    made = _get(summary, kind, parameters)
    schema = made["responses"]["200"]["content"][_JSON]["schema"]
    schema["required"] += ["read_at", "data", "total", "limit", "offset", "next_offset"]
    schema["properties"]["data"] = {"type": "array", "items": {"type": "object"}}
    schema["properties"]["next_offset"] = {"type": ["integer", "null"]}
    return made


def _history() -> dict[str, Any]:
    needed = {
        **_query("gateway", {**_TEXT, "minLength": 1}, "A name, or a pattern (`*`, `?`)."),
        "required": True,
    }
    limit = {"type": "integer", "minimum": 1, "maximum": 200}
    made = _get("Tell run by run how questions came out, and since when what holds", "history",
                (needed, _query("model", _TEXT, "A model id, or a pattern."), _query("limit", limit, "How many runs; 20.")))  # fmt: skip
    schema = made["responses"]["200"]["content"][_JSON]["schema"]
    schema["properties"]["schema"] = {"const": "gatewayz/history/1"}
    return made


def _live() -> dict[str, Any]:
    made = _get("Tell how far the run is that goes on; by events to who accepts text/event-stream", "live")  # fmt: skip
    made["responses"]["200"]["content"]["text/event-stream"] = {"schema": _TEXT}
    return made
