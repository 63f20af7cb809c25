"""The gateway itself: one OpenAI-compatible API in front of every configured provider.

`app` is made when it is first asked for, from the environment and gatewayz.toml; making it opens
no connection and asks for no key. Everything is loaded when first used, so the import is cheap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gatewayz.server.app import create_app
    from gatewayz.server.door import Door
    from gatewayz.server.serving import running, serve

    app: Door

__all__ = ["app", "create_app", "running", "serve"]

_ELSEWHERE = {
    "create_app": "gatewayz.server.app",
    "running": "gatewayz.server.serving",
    "serve": "gatewayz.server.serving",
}


def __getattr__(name: str) -> Any:
    if name == "app":
        value: Any = _app()
    elif name in _ELSEWHERE:
        import importlib

        value = getattr(importlib.import_module(_ELSEWHERE[name]), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def _app() -> Door:
    import sys

    from gatewayz.core.errors import GatewayzError
    from gatewayz.server.app import create_app

    try:
        return create_app()
    except GatewayzError as problem:
        # Whatever server imports us would print a page of traceback around this one line.
        print(f"gatewayz: {problem}", file=sys.stderr)
        raise SystemExit(problem.exit_code) from None
