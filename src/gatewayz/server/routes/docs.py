"""GET /openapi.json, and GET /docs: the same for people, on one page that loads nothing else."""

from __future__ import annotations

from html import escape
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import BaseRoute, Route

from gatewayz.server.openapi import document

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def routes() -> list[BaseRoute]:
    """The routes of this file."""

    async def openapi(_request: Request) -> JSONResponse:
        return JSONResponse(document())

    async def docs(_request: Request) -> HTMLResponse:
        return HTMLResponse(page(document()), headers={"content-security-policy": _POLICY})

    return [
        Route("/openapi.json", openapi, methods=["GET"]),
        Route("/docs", docs, methods=["GET"]),
    ]


def page(api: dict[str, Any]) -> str:
    """The description as one HTML page."""
    parts = [
        _operation(method, path, told)
        for path, methods in api["paths"].items()
        for method, told in methods.items()
    ]
    info = api["info"]
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(info["title"])}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style>'
        f"<header><h1>{escape(info['title'])} <small>{escape(info['version'])}</small></h1>"
        f'<p>{escape(info["description"])} The same for machines: <a href="openapi.json">'
        f"openapi.json</a>.</p></header><main>{''.join(parts)}</main></html>"
    )


def _operation(method: str, path: str, told: dict[str, Any]) -> str:
    rows = [
        _row(one["name"], one["schema"], one["description"], required=one.get("required", False))
        for one in told.get("parameters", ())
    ]
    body = told.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if body is not None:
        rows += [
            _row(name, schema, schema.get("description", ""), required=name in body["required"])
            for name, schema in body["properties"].items()
        ]
    answers = [
        f"<tr><th scope=row><code>{escape(status)}</code><td>{_text(one['description'])}"
        for status, one in sorted(told["responses"].items())
    ]
    named = escape(f"of {method.upper()} {path}")
    fields = f'<table aria-label="Fields {named}">{"".join(rows)}</table>' if rows else ""
    return (
        f'<section><h2><b class="{method}">{method.upper()}</b> <code>{escape(path)}</code></h2>'
        f"<p>{_text(told['summary'])}. {_text(told.get('description', ''))}</p>{fields}"
        f'<details><summary>Answers</summary><table aria-label="Answers {named}">'
        f"{''.join(answers)}</table></details></section>"
    )


def _row(name: str, schema: dict[str, Any], told: str, *, required: bool) -> str:
    need = " <i>needed</i>" if required else ""
    return f"<tr><th scope=row><code>{escape(name)}</code>{need}<td>{escape(_kind(schema))}<td>{_text(told)}"


def _kind(schema: dict[str, Any]) -> str:
    kinds = [one.get("type", "") for one in schema.get("anyOf", (schema,))]
    flat = [word for kind in kinds for word in ([kind] if isinstance(kind, str) else kind)]
    return " or ".join(word for word in flat if word != "null")


def _text(told: str) -> str:
    """Words in which backticks mark code."""
    pieces = escape(told).split("`")
    return "".join(f"<code>{p}</code>" if at % 2 else p for at, p in enumerate(pieces))


_STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:52rem;padding:1rem}
h1 small{font-weight:400;opacity:.6}
section{border:1px solid #8884;border-radius:.5rem;margin:1rem 0;padding:.25rem 1rem 1rem}
h2{font-size:1.05rem;overflow-wrap:anywhere}
b{border-radius:.3rem;color:#fff;font-size:.8rem;padding:.15rem .5rem}
.get{background:#1f6f4a}.post{background:#24549c}
table{border-collapse:collapse;width:100%}
th,td{border-top:1px solid #8883;padding:.3rem .75rem .3rem 0;vertical-align:top;overflow-wrap:anywhere}
th{font-weight:400;min-width:8rem;text-align:left}
i{opacity:.65;font-size:.85em}
summary{cursor:pointer;margin-top:.5rem}
"""
