"""Plan to events: limits, retries, deadlines, cancellation. Knows no gateway by name."""

from gatewayz.runner.catalogues import (
    down_here,
    judge_listing,
    oddities_of,
    read_catalogs,
    without_gateway,
)
from gatewayz.runner.events import (
    AttemptFinished,
    CasesPlanned,
    CaseStarted,
    CatalogRead,
    Event,
    GatewayFinished,
    HabitsLearned,
    RunFinished,
    RunStarted,
    VerdictReached,
)
from gatewayz.runner.order import Executor, Lane, RollCall, Selection
from gatewayz.runner.plan import Listings, not_offered, plan
from gatewayz.runner.roll_call import roll_call

__all__ = [
    "AttemptFinished",
    "CaseStarted",
    "CasesPlanned",
    "CatalogRead",
    "Event",
    "Executor",
    "GatewayFinished",
    "HabitsLearned",
    "Lane",
    "Listings",
    "RollCall",
    "RunFinished",
    "RunStarted",
    "Selection",
    "VerdictReached",
    "down_here",
    "judge_listing",
    "not_offered",
    "oddities_of",
    "plan",
    "read_catalogs",
    "roll_call",
    "without_gateway",
]
