"""One attempt to one sample: judged, measured, and then let go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from gatewayz.core import Attempt, Case, ChatRequest, Observation, Outcome, Verdict
from gatewayz.core.attempt import ErrorBody, Reply
from gatewayz.core.costs import answer_usd, may_be_less, price_of_request
from gatewayz.core.held_up import why_end_unsure, why_first_unsure
from gatewayz.core.judge import judge
from gatewayz.core.load import Sample
from gatewayz.core.preparing import pieces
from gatewayz.load.order import Aim, LoadOrder
from gatewayz.measure import METRICS, OF_THE_PLAN, output_tokens
from gatewayz.measure.times import gaps

# The name of the probe whose question this is, as far as a judge sees it.
PROBE = "bench"
# Statuses under which different rules are asked.
_REFUSED = (400, 401, 402, 403, 404, 408, 413, 422, 429, 500, 502, 503, 504, 529)
_OF_ATTEMPTS = tuple(name for name in METRICS if name not in OF_THE_PLAN and name != "icl")


@dataclass(frozen=True, slots=True)
class Moments:
    """When one request was due, handed to the client, and over; on the monotonic clock.

    `is_open` says that it was due whatever became of those before it.
    """

    intended: float
    sent: float
    ended: float
    is_open: bool

    @property
    def delay(self) -> float:
        """How late it was sent. Unit: seconds."""
        return max(0.0, self.sent - self.intended)


class Reducer:
    """Judges and measures the attempts of a run; `zero` is its start on the monotonic clock."""

    def __init__(self, order: LoadOrder, zero: float) -> None:
        self._checks = (order.checks,)
        self._zero = zero

    def judged(self, aim: Aim, request: ChatRequest, attempt: Attempt) -> Verdict:
        """The verdict over one attempt alone: there are no second tries under load."""
        target = aim.target
        case = Case(gateway=target.gateway, probe=PROBE, model=aim.model, way=target.way)
        seen = Observation(case=case, request=request, attempts=(attempt,), habits=aim.habits)
        return judge(seen, self._checks, aim.gateway.quirks)

    def sample(
        self, aim: Aim, verdict: Verdict, attempt: Attempt, moments: Moments, *, stage: int,
        turn: int, warm_up: bool,
    ) -> Sample:  # fmt: skip
        """What one request came to. Speed is told of delivered answers only."""
        tokens = output_tokens(attempt)
        output = int(tokens.value) if tokens.counted_by == "usage" and tokens.value else None
        counted = attempt.reply.counted if attempt.reply is not None else None
        input_tokens = counted.input_tokens if counted is not None else None
        cost_usd, at_most = _cost_usd(aim, verdict, output)
        label = culprit = ""
        missing: Mapping[str, str] = {}
        estimated: Mapping[str, str] = {}
        if verdict.outcome is Outcome.PASSED:
            values, missing, estimated = _measured(attempt)
            values.update(_of_the_plan(attempt, missing, moments))
        else:
            values = {"schedule_delay": moments.delay} if moments.is_open else {}
            failure = verdict.failure
            label = failure.label if failure is not None else verdict.outcome.value
            culprit = failure.culprit.value if failure is not None else ""
        return Sample(
            target=aim.target.name,
            stage=stage,
            turn=turn,
            warm_up=warm_up,
            intended_s=moments.intended - self._zero,
            sent_s=moments.sent - self._zero,
            ended_s=moments.ended - self._zero,
            failure=label,
            culprit=culprit,
            values=values,
            missing=missing,
            estimated=estimated,
            input_tokens=input_tokens,
            output_tokens=output,
            token_source="usage" if output is not None else "",
            chunks=attempt.timing.chunk_count,
            cost_usd=cost_usd,
            cost_at_most=at_most,
            held_up_s=attempt.timing.held_up_s,
            stamped_by=attempt.timing.stamped_by,
        )


def prime(order: LoadOrder) -> None:
    """Makes all ready that judging needs, and judges an answer and refusals of our own.

    So no request waits for what that loads or compiles, whatever the first error says.
    """
    for _ in pieces():
        pass
    request = ChatRequest(messages=({"role": "user", "content": "A word, please."},))
    error = ErrorBody(message="It went wrong, and this says nothing of how.", code="unsaid")
    reply = Reply(text="Here is one.", finish_reason="stop", choices=1, content_kind="text")
    attempts = [Attempt(status=status, error=error) for status in _REFUSED]
    reducer, moments = Reducer(order, 0.0), Moments(0.0, 0.0, 0.0, is_open=True)
    # Each gateway has rules of its own.
    for aim in {aim.target.gateway: aim for aim in order.aims}.values():
        for attempt in (*attempts, Attempt(status=200, reply=reply)):
            verdict = reducer.judged(aim, request, attempt)
            reducer.sample(aim, verdict, attempt, moments, stage=0, turn=0, warm_up=True)


def gaps_of(verdict: Verdict, attempt: Attempt) -> tuple[float, ...]:
    """The gaps between chunks of a delivered answer, in seconds."""
    return gaps(attempt) if verdict.outcome is Outcome.PASSED else ()


def _measured(attempt: Attempt) -> tuple[dict[str, float], dict[str, str], dict[str, str]]:
    """The values, the reasons of those that there are none of, and what was estimated for them."""
    values: dict[str, float] = {}
    missing: dict[str, str] = {}
    estimated: dict[str, str] = {}
    for name in _OF_ATTEMPTS:
        found = METRICS[name].of(attempt)
        if found.value is not None:
            values[name] = found.value
            if found.estimated:
                estimated[name] = found.estimated
        else:
            missing[name] = found.reason
    # An answer without gaps has no longest one.
    if "longest_stall" in missing and (reason := METRICS["icl"].of(attempt).reason):
        missing["icl"] = reason
    return values, missing, estimated


def _of_the_plan(
    attempt: Attempt, missing: dict[str, str], moments: Moments
) -> Mapping[str, float]:
    """What hangs on the moment at which a request was due; what is missing of it goes there.

    A closed load has no such moments: there a request is due when there is a place for it.
    """
    if not moments.is_open:
        missing["schedule_delay"] = METRICS["schedule_delay"].of(attempt).reason
        return {}
    found = {"schedule_delay": moments.delay}
    timing = attempt.timing
    end = timing.last_content_s if attempt.streamed else timing.last_byte_s
    for name, moment, unsure in (
        ("ttft", timing.first_token_s, why_first_unsure(timing, timing.first_token_s)),
        ("latency", end, why_end_unsure(timing, end)),
    ):
        if unsure:
            missing[f"{name}_since_due"] = unsure
        elif moment is not None:
            found[f"{name}_since_due"] = moments.delay + moment
    return found


def _cost_usd(aim: Aim, verdict: Verdict, output_tokens: int | None) -> tuple[float | None, bool]:
    """What it cost: as the provider reported it, else by its price; None where neither is known.

    And whether that is only the most that it can be.
    """
    last, request = verdict.observation.last, verdict.observation.request
    reply = last.reply if last is not None else None
    if reply is None or request is None:
        return None, False
    if reply.usage is not None and reply.usage.charged_usd is not None:
        return reply.usage.charged_usd, False
    counted = reply.counted
    if counted is None or output_tokens is None:
        return None, False
    thought = counted.reasoning_tokens
    if thought is None and not reply.reasoning:
        thought = 0  # neither counted nor shown: it did not think, as far as can be told
    asked = price_of_request(aim.price, aim.model.id, request.extra, request.messages)
    told = replace(counted, output_tokens=output_tokens, reasoning_tokens=thought)
    usd = answer_usd(asked, told, request.messages)
    return usd, bool(usd) and may_be_less(asked, told)
