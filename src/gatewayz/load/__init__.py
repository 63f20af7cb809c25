"""Load on models: shapes and prompts, the sending of them, what it comes to. Knows none by name."""

from gatewayz.load.crews import Crew, OneProcess
from gatewayz.load.order import (
    Aim,
    Asker,
    Guard,
    Leave,
    LoadOrder,
    Progress,
    Search,
    StageOrder,
    StopRules,
)
from gatewayz.load.prompts import Prompts
from gatewayz.load.run import run_load
from gatewayz.load.workers import MOST_PROCESSES, Processes, check_processes, needed_of

__all__ = [
    "MOST_PROCESSES",
    "Aim",
    "Asker",
    "Crew",
    "Guard",
    "Leave",
    "LoadOrder",
    "OneProcess",
    "Processes",
    "Progress",
    "Prompts",
    "Search",
    "StageOrder",
    "StopRules",
    "check_processes",
    "needed_of",
    "run_load",
]
