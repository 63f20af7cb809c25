"""Tests every model behind every LLM gateway.

    import gatewayz

    run = gatewayz.run(gateways=["groq"], models=3)
    print(run.summary.total.passed, "of", run.summary.total.judged)

`run_async` is the same for a program with an event loop of its own. Both give a `Run`; the nouns
in it are those of `gatewayz.core`. Everything is loaded when first used, so the import is cheap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gatewayz.cli.lanes import known_gateways
    from gatewayz.cli.library import run, run_async
    from gatewayz.core import (
        Case,
        ConfigError,
        Gateway,
        GatewayzError,
        Model,
        Outcome,
        Probe,
        Run,
        Summary,
        Verdict,
    )

__version__ = "0.1.0"

__all__ = [
    "Case",
    "ConfigError",
    "Gateway",
    "GatewayzError",
    "Model",
    "Outcome",
    "Probe",
    "Run",
    "Summary",
    "Verdict",
    "__version__",
    "known_gateways",
    "run",
    "run_async",
]

_ELSEWHERE = {
    "known_gateways": "gatewayz.cli.lanes",
    "run": "gatewayz.cli.library",
    "run_async": "gatewayz.cli.library",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    value = getattr(importlib.import_module(_ELSEWHERE.get(name, "gatewayz.core")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
