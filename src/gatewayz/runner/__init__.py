"""Plan to events: limits, retries, deadlines, cancellation. Knows no gateway by name."""

from gatewayz.runner.catalogues import (
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
from gatewayz.runner.network import route_to
from gatewayz.runner.order import Executor, Lane, Reading, RollCall, Selection
from gatewayz.runner.pacing import Pace
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
    "Pace",
    "Reading",
    "RollCall",
    "RunFinished",
    "RunStarted",
    "Selection",
    "VerdictReached",
    "judge_listing",
    "not_offered",
    "oddities_of",
    "plan",
    "read_catalogs",
    "roll_call",
    "route_to",
    "without_gateway",
]
