"""What this client does to its own figures: told as its own, and nothing else told so."""

import asyncio
import json
import time
from dataclasses import replace

import pytest

from gatewayz.core import Attempt, Quirks, Rule, words
from gatewayz.core.attempt import ErrorBody
from gatewayz.core.lexicon import LEXICON
from gatewayz.core.probe import ChatRequest
from gatewayz.load.lines import Report, read_report, written_report
from gatewayz.load.reducing import Reducer, prime
from gatewayz.load.self_check import Beside, self_check
from gatewayz.load.shapes import Bounds
from gatewayz.load.work_report import WorkReport
from gatewayz.measure.histograms import Histogram

STOP_S = 0.14


def test_after_the_warm_up_no_error_is_met_with_compiling(order, monkeypatch):
    monkeypatch.setattr(LEXICON, "_patterns", {})
    told = order("2")
    prime(told)

    def compiled(_phrases):
        raise AssertionError("compiled while others wait")

    monkeypatch.setattr(words, "_compiled", compiled)
    reducer, request = Reducer(told, 0.0), ChatRequest(messages=())
    for status in (400, 401, 403, 404, 429, 500, 503):
        for text in ("boom", "The model is overloaded", "context length exceeded", "Kein Guthaben"):
            attempt = Attempt(status=status, error=ErrorBody(message=text, type="server_error"))
            assert reducer.judged(told.aims[0], request, attempt).failure is not None


def test_each_gateways_own_rules_are_ready_too(order, aim, monkeypatch):
    asked = []
    monkeypatch.setattr(Rule, "matches", lambda rule, *_: asked.append(rule.kind) or False)
    quirks = [Quirks(rules=(Rule(kind=kind, text="x"),)) for kind in ("overloaded", "loading")]
    prime(order("2", aims=[aim(f"g{n}", quirks=one) for n, one in enumerate(quirks)]))

    assert set(asked) == {"overloaded", "loading"}


def held_up(answered):
    """An answer during which our loop was held up, as the kernel's stamps have it."""

    def answer(count):
        plain = answered(0.2, ttft_s=0.06)
        if count != 5:
            return plain
        chunks = (*plain.timing.chunks_s[:3], *[plain.timing.chunks_s[-1]] * 5)
        timing = replace(
            plain.timing,
            chunks_s=chunks,
            last_content_s=chunks[-1],
            last_byte_s=0.21,
            held_up_s=0.13,
            stamped_by="kernel",
        )
        return replace(plain, timing=timing)

    return answer


def test_what_a_stop_of_ours_may_have_falsified_is_counted_and_left_out(
    order, run, instant, answered
):
    result = run(order("1", bounds=Bounds(requests=40)), instant(0.01, held_up(answered)))
    metrics = result.lines[0].metrics
    why = {"our own event loop was held up for more than 50 ms": 1}

    assert metrics["ttft"].count == 40
    assert metrics["ttft"].missing == {}
    assert metrics["latency"].count == 40
    for name in ("longest_stall", "icl"):
        assert metrics[name].missing == why
    assert metrics["longest_stall"].count == 39
    assert metrics["icl"].count == 39 * 7
    assert metrics["icl"].largest < 0.021
    assert "during 1 of 40 answers" in result.self_check.words


@pytest.mark.parametrize("shape", ["concurrency", "rate"])
def test_a_loop_that_is_held_up_in_mid_run_gives_no_stall_to_the_server(
    order, run, at_simulator, quick, shape
):
    from gatewayz.simulator import running

    with running(seed=3, latency_s=0.03, gap_s=0.02) as simulator:
        aims, client = at_simulator(simulator, "groq")

        class Held:
            """A client whose loop is held up in the midst of its tenth answer."""

            def __init__(self):
                self._client, self._count = client(), 0

            async def attempt(self, *asked, **more):
                self._count += 1
                if self._count == 10:
                    asyncio.get_running_loop().call_later(0.09, time.sleep, STOP_S)
                return await self._client.attempt(*asked, **more)

            async def aclose(self):
                await self._client.aclose()

        level = "1" if shape == "concurrency" else "4"
        told = order(level, shape, aims=aims, bounds=Bounds(requests=12), max_tokens=12)
        result = run(told, Held())
    stalls = result.lines[0].metrics["longest_stall"]

    assert sum(stalls.missing.values()) >= 1
    assert all("event loop was held up" in why for why in stalls.missing)
    assert "event loop was held up for up to 1" in result.self_check.words


def test_a_wait_for_a_place_is_the_bound_and_not_this_client(order, run, instant):
    # 50 starts a second at a server that takes one every 150 ms: each waits for those before it. Beside
    # that, the few milliseconds by which a busy machine is late are nothing.
    told = order("50", "rate", bounds=Bounds(requests=12), in_flight=1)
    result = run(told, instant(takes_s=0.15))

    assert result.self_check.schedule_delay.largest > 0.4
    assert "requests were sent up to" not in result.self_check.words.partition("kept up")[0]
    assert "did not keep up: requests" not in result.self_check.words
    (note,) = [note for note in result.notes if "--in-flight" in note]
    assert "of 12 requests were due and waited" in note


def test_what_is_late_by_our_own_doing_is_told_so(order, run, instant):
    def takes(count):
        if count >= 3:
            time.sleep(0.04)  # this client is busy with something else
        return 0.001

    result = run(order("50", "rate", bounds=Bounds(requests=15)), instant(takes_s=takes))

    assert result.self_check.bottleneck
    assert "requests were sent up to" in result.self_check.words
    assert not [note for note in result.notes if "--in-flight" in note]


def test_processes_tell_their_lateness_and_their_waits():
    import msgspec

    report = WorkReport(late=Histogram([0.01, 0.02]), waits=Histogram([0.5]))
    line = json.dumps(msgspec.to_builtins(written_report(report)))
    again = read_report(msgspec.json.decode(line, type=Report))

    assert (again.late, again.waits) == (report.late, report.waits)


def test_without_an_answer_no_figure_is_said_to_be_our_own_doing():
    def told(cpu):
        return self_check(
            processes=1, lag=Histogram([0.02] * 100), delay=Histogram(), late=Histogram(),
            cpu_shares=[cpu], beside=Beside(),
        )  # fmt: skip

    assert not told(0.2).bottleneck
    assert "figures" not in told(0.2).words
    assert told(0.95).words == (
        "This client did not keep up: it was busy 95% of the time. Ask for less at once, or use "
        "--processes"
    )
