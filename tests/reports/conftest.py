"""Runs to report on."""

from datetime import UTC, datetime

import pytest

from gatewayz.core import (
    Attempt,
    Case,
    Counts,
    GatewaySummary,
    Model,
    Observation,
    Outcome,
    Reply,
    Run,
    RunStatus,
    Summary,
    Timing,
    Usage,
    Verdict,
)
from gatewayz.core.failures import failure
from gatewayz.core.judge import skipped

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Make:
    """Verdicts and runs in few words."""

    noon = NOON

    @staticmethod
    def verdict(
        model="llama-3",
        outcome=Outcome.PASSED,
        seconds=2.45,
        *,
        gateway="groq",
        probe="chat",
        way="direct",
        kind="",
        evidence="",
        status=200,
        repeat=0,
        **more,
    ):
        case = Case(gateway=gateway, probe=probe, model=Model(id=model), way=way, repeat=repeat)
        attempt = Attempt(
            url="https://api.example/v1/chat/completions",
            body={"model": model, "messages": [{"role": "user", "content": 'it\'s "so" $HOME'}]},
            status=status,
            had_key=True,
            started_at=NOON,
            streamed=probe == "streaming",
            reply=Reply(
                text="Test successful",
                model="llama-3-turbo",
                finish_reason="stop",
                usage=Usage(input_tokens=9, output_tokens=3),
            ),
            timing=Timing(first_token_s=0.25, first_answer_s=0.25, total_s=seconds),
        )
        return Verdict(
            observation=Observation(case=case, attempts=(attempt,)),
            outcome=outcome,
            failure=failure(kind, evidence) if kind else None,
            **more,
        )

    @staticmethod
    def skipped(gateway, reason):
        return skipped(Case(gateway=gateway, probe="chat"), reason)

    @staticmethod
    def run(*verdicts, settings=None):
        return Run(
            id="run-1",
            started_at=NOON,
            finished_at=NOON.replace(minute=1),
            status=RunStatus.FINISHED,
            plan=tuple(v.observation.case for v in verdicts),
            settings=settings or {},
            verdicts=verdicts,
        )

    @staticmethod
    def summary(*verdicts, differences=()):
        lanes: dict = {}
        for verdict in verdicts:
            case = verdict.observation.case
            lanes.setdefault((case.gateway, case.way), []).append(verdict.outcome.value)
        lines = tuple(
            GatewaySummary(
                gateway=gateway,
                way=way,
                counts=Counts(**{word: words.count(word) for word in set(words)}),
            )
            for (gateway, way), words in lanes.items()
        )
        words = [v.outcome.value for v in verdicts]
        total = Counts(**{word: words.count(word) for word in set(words)})
        return Summary(gateways=lines, total=total, differences=differences)


@pytest.fixture(name="make")
def builders():
    return Make


# Everything that a format could take for its own: markup, escapes, quotes, line ends, bad text.
HOSTILE = (
    "<script>alert(1)</script> | `code` ``` [x](javascript:alert(1)) ![i](http://evil.example/p.png)"
    " **b** _i_ # h & &amp; ]]> <!-- \"q\" 'q' @someone www.evil.example http://evil.example"
    " \x1b[31m\x1b]52;c;Zm9v\x07 \x00 \ud800 \ufffe \u202e\u200b \r\n| - x\n```\n== \x9b31m {x} %s"
)


@pytest.fixture
def hostile():
    return HOSTILE
