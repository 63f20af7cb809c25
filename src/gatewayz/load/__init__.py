"""Load on models: shapes and prompts, the sending of them, what it comes to. Knows none by name."""

from gatewayz.load.crews import Crew, OneProcess
from gatewayz.load.order import (
    Aim,
    Asker,
    Guard,
    LoadOrder,
    Progress,
    Search,
    StageOrder,
    StopRules,
)
from gatewayz.load.prompts import Prompts
from gatewayz.load.run import run_load

__all__ = [
    "Aim",
    "Asker",
    "Crew",
    "Guard",
    "LoadOrder",
    "OneProcess",
    "Progress",
    "Prompts",
    "Search",
    "StageOrder",
    "StopRules",
    "run_load",
]
