"""How models want to be asked, from one command to the next."""

import asyncio
from datetime import timedelta
from urllib.parse import urlsplit

from gatewayz.cli.habits import FRESH, known_habits
from gatewayz.cli.roll_call import call
from gatewayz.client import Listing
from gatewayz.core import Attempt, ErrorBody, Gateway, Habits, Model, Outcome, Reply, Whom
from gatewayz.core.units import utc_now
from gatewayz.probes import PROBES
from gatewayz.runner import Lane, RollCall
from gatewayz.store import open_store

WHOM = Whom(gateway="g", way="direct", host="g.invalid", model="m")
RENAMED = Habits(max_tokens_field="max_completion_tokens")


class Picky:
    """A provider that takes the token limit under its newer name only."""

    without_keys = str

    def __init__(self):
        self.bodies = []

    async def list_models(self, gateway):
        return Listing(models=(Model(id="m", listed=True),))

    async def attempt(self, gateway, model_id, request, *, number=1, step=0):
        body = request.body(model_id, gateway.quirks)
        self.bodies.append(body)
        if "max_tokens" not in body:
            reply = Reply(text="Test successful", finish_reason="stop", choices=1)
            return Attempt(number=number, asked=model_id, body=body, status=200, reply=reply)
        error = ErrorBody(
            message="Unsupported parameter: 'max_tokens'", code="unsupported_parameter",
            param="max_tokens", shape="error",
        )  # fmt: skip
        return Attempt(
            number=number, asked=model_id, body=body, status=400, had_key=True, error=error
        )


def order(place="http://g.invalid/v1"):
    gateway = Gateway(name="g", base_url=place)
    lane = Lane(name="g", way="direct", gateway=gateway)
    return RollCall(lanes=(lane,), probes=(PROBES["chat"],), retries=0)


def test_what_one_run_learned_the_next_knows_from_its_first_call(tmp_path):
    store, first, second = open_store(tmp_path / "s.db"), Picky(), Picky()

    runs = [asyncio.run(call(order(), client=c, store=store)).run for c in (first, second)]
    kept = store.habits("g")
    store.close()

    assert [len(first.bodies), len(second.bodies)] == [2, 1]
    assert [v.outcome for run in runs for v in run.verdicts] == [Outcome.PASSED] * 2
    assert [(k.whom, k.habits) for k in kept] == [(WHOM, RENAMED)]


def test_a_gateway_that_was_moved_is_asked_plainly_and_neither_place_forgets_the_other(tmp_path):
    store, real, simulated, again = open_store(tmp_path / "s.db"), Picky(), Picky(), Picky()

    asyncio.run(call(order(), client=real, store=store))
    asyncio.run(call(order("http://127.0.0.1:8100/g/v1"), client=simulated, store=store))
    asyncio.run(call(order(), client=again, store=store))
    kept = store.habits("g")
    store.close()

    assert [len(one.bodies) for one in (real, simulated, again)] == [2, 2, 1]
    assert [one.whom.host for one in kept] == ["127.0.0.1:8100", "g.invalid"]


def test_a_habit_is_taken_for_granted_for_a_week_only(tmp_path):
    store = open_store(tmp_path / "s.db")
    learned = utc_now()
    store.save_habits(WHOM, RENAMED, learned)

    within = known_habits(store, now=learned + FRESH - timedelta(minutes=1))
    after = known_habits(store, now=learned + FRESH + timedelta(minutes=1))
    store.close()

    assert within == {WHOM: RENAMED}
    assert after == {}


def test_models_shows_how_a_model_is_asked_until_it_is_forgotten(gatewayz, groq, tmp_path):
    place = tmp_path / "runs.db"
    store = open_store(place)
    simulated = urlsplit(groq["GROQ_BASE_URL"]).netloc
    for gateway, host, habits in (
        ("groq", simulated, RENAMED),
        ("groq", "api.groq.com", Habits(stream_only=True)),
        ("xai", simulated, RENAMED),
    ):
        whom = Whom(gateway=gateway, way="direct", host=host, model="openai/gpt-oss-120b")
        store.save_habits(whom, habits, utc_now())
    store.close()

    shown = gatewayz("models", "groq", "--store", place, **groq)
    forgotten = gatewayz("models", "groq", "--forget", "--store", place, **groq)

    lines = shown.stdout.splitlines()
    at = next(n for n, line in enumerate(lines) if "openai/gpt-oss-120b" in line)
    assert lines[at + 1] == "    asked with max_completion_tokens"
    assert "asked streamed" not in shown.stdout
    assert "asked with" not in forgotten.stdout
    store = open_store(place)
    assert [kept.whom.gateway for kept in store.habits()] == ["xai"]
    store.close()


def test_models_tells_what_is_odd_about_a_list(gatewayz):
    from gatewayz import simulator as simulation

    rules = [{"path": "models", "fault": "duplicate-ids"}]
    with simulation.running(faults=rules) as pretending:
        done = gatewayz("models", "groq", **pretending.variables())

    assert done.returncode == 0
    assert "groq: warning: duplicate-ids" in done.stderr
