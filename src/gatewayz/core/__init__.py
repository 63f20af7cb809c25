"""The nouns every room speaks in; standard library only, and nothing here knows another room."""

from typing import TYPE_CHECKING

from gatewayz.core.exports import on_demand

if TYPE_CHECKING:
    from gatewayz.core.attempt import (
        Attempt,
        ErrorBody,
        Evidence,
        FaultName,
        Phase,
        Reply,
        Timing,
        ToolCall,
        Usage,
        WireFault,
    )
    from gatewayz.core.case import CATALOG_PROBE, Case, Way
    from gatewayz.core.catalog import Catalog, CatalogPage, fields
    from gatewayz.core.client_key import Allowance, ClientKey
    from gatewayz.core.errors import (
        CatalogError,
        ConfigError,
        GatewayzError,
        MeasureError,
        MissingKey,
        ReportError,
        StoreError,
        UnknownName,
    )
    from gatewayz.core.failures import classify
    from gatewayz.core.gateway import Auth, Calls, Gateway, Limits, Quirks
    from gatewayz.core.habits import Habits, Whom
    from gatewayz.core.kinds import KINDS, Kind
    from gatewayz.core.model import Model, Price
    from gatewayz.core.observation import Observation
    from gatewayz.core.paired import AddedTime, Interval, PairedTime
    from gatewayz.core.phrases import Rule
    from gatewayz.core.probe import Ask, ChatRequest, MustRefuse, Occasion, Probe, Step
    from gatewayz.core.registry import Registry
    from gatewayz.core.run import Run, RunStatus
    from gatewayz.core.served import Served
    from gatewayz.core.spend import Audit, NotSent, Spend
    from gatewayz.core.summary import (
        Counts,
        Difference,
        GatewaySummary,
        Percentiles,
        SharedFailure,
        Summary,
        TimingFinding,
    )
    from gatewayz.core.timeouts import Caps, Timeouts
    from gatewayz.core.verdict import Culprit, Failure, Finding, Outcome, Verdict, check
else:
    __getattr__, __dir__ = on_demand(
        __name__,
        {
            "attempt": "Attempt ErrorBody Evidence FaultName Phase Reply Timing ToolCall Usage WireFault",
            "case": "CATALOG_PROBE Case Way",
            "catalog": "Catalog CatalogPage fields",
            "client_key": "Allowance ClientKey",
            "errors": "CatalogError ConfigError GatewayzError MeasureError MissingKey ReportError StoreError UnknownName",
            "failures": "classify",
            "gateway": "Auth Calls Gateway Limits Quirks",
            "habits": "Habits Whom",
            "kinds": "KINDS Kind",
            "model": "Model Price",
            "observation": "Observation",
            "paired": "AddedTime Interval PairedTime",
            "phrases": "Rule",
            "probe": "Ask ChatRequest MustRefuse Occasion Probe Step",
            "registry": "Registry",
            "run": "Run RunStatus",
            "served": "Served",
            "spend": "Audit NotSent Spend",
            "summary": "Counts Difference GatewaySummary Percentiles SharedFailure Summary TimingFinding",
            "timeouts": "Caps Timeouts",
            "verdict": "Culprit Failure Finding Outcome Verdict check",
        },
    )

__all__ = [
    "CATALOG_PROBE",
    "KINDS",
    "AddedTime",
    "Allowance",
    "Ask",
    "Attempt",
    "Audit",
    "Auth",
    "Calls",
    "Caps",
    "Case",
    "Catalog",
    "CatalogError",
    "CatalogPage",
    "ChatRequest",
    "ClientKey",
    "ConfigError",
    "Counts",
    "Culprit",
    "Difference",
    "ErrorBody",
    "Evidence",
    "Failure",
    "FaultName",
    "Finding",
    "Gateway",
    "GatewaySummary",
    "GatewayzError",
    "Habits",
    "Interval",
    "Kind",
    "Limits",
    "MeasureError",
    "MissingKey",
    "Model",
    "MustRefuse",
    "NotSent",
    "Observation",
    "Occasion",
    "Outcome",
    "PairedTime",
    "Percentiles",
    "Phase",
    "Price",
    "Probe",
    "Quirks",
    "Registry",
    "Reply",
    "ReportError",
    "Rule",
    "Run",
    "RunStatus",
    "Served",
    "SharedFailure",
    "Spend",
    "Step",
    "StoreError",
    "Summary",
    "Timeouts",
    "Timing",
    "TimingFinding",
    "ToolCall",
    "UnknownName",
    "Usage",
    "Verdict",
    "Way",
    "Whom",
    "WireFault",
    "check",
    "classify",
    "fields",
]
