"""Every model at one glance, out of what was asked of it last."""

from datetime import UTC, datetime, timedelta

from tests.watched import keep, run_of, verdict

from gatewayz.core import Outcome
from gatewayz.core.summed import Uptime
from gatewayz.server.pages.overview import overview
from gatewayz.store import open_store
from gatewayz.store.newest import Newest

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def newest(probe, minute, latency_s):
    return Newest(
        gateway="groq",
        model="a",
        probe=probe,
        run_id="run-1",
        at=NOON + timedelta(minutes=minute),
        outcomes=(Outcome.PASSED if latency_s is not None else Outcome.FAILED,),
        latency_s=latency_s,
    )


def latency_of(*asked):
    (model,) = overview(Uptime((), {}), asked).models
    return model.latency_s


def test_the_latency_is_that_of_the_newest_plain_answer_that_has_one_streamed_or_not():
    assert latency_of(newest("chat", 0, 0.7), newest("streaming", 1, 1.5)) == 1.5
    assert latency_of(newest("chat", 2, 0.7), newest("streaming", 1, 1.5)) == 0.7
    assert latency_of(newest("streaming", 1, 1.5)) == 1.5
    assert latency_of(newest("chat", 0, 0.7), newest("streaming", 1, None)) == 0.7
    assert latency_of(newest("streaming", 1, None), newest("tool_call", 2, 3.0)) is None


def test_of_several_answers_to_one_question_the_last_that_came_tells_how_long_it_took(tmp_path):
    store = open_store(str(tmp_path / "runs.db"))
    asked = [
        verdict("groq", "a", "chat", NOON),
        verdict("groq", "a", "chat", NOON + timedelta(seconds=9), bad=True),
    ]
    keep(store, run_of(NOON, asked))
    (one,) = store.past.newest.all()
    store.close()

    assert one.outcomes == (Outcome.PASSED, Outcome.FAILED)
    assert one.latency_s is not None
