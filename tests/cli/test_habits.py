"""How models want to be asked, from one command to the next."""

import asyncio
from datetime import timedelta

from gatewayz.cli.habits import FRESH, known_habits
from gatewayz.cli.roll_call import call
from gatewayz.client import Listing
from gatewayz.core import Attempt, ErrorBody, Gateway, Habits, Model, Outcome, Reply
from gatewayz.core.units import utc_now
from gatewayz.probes import PROBES
from gatewayz.runner import Lane, RollCall
from gatewayz.store import open_store

RENAMED = Habits(max_tokens_field="max_completion_tokens")


class Picky:
    """A provider that takes the token limit under its newer name only."""

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


def order():
    gateway = Gateway(name="g", base_url="http://g.invalid/v1")
    lane = Lane(name="g", way="direct", gateway=gateway)
    return RollCall(lanes=(lane,), probes=(PROBES["chat"],), retries=0)


def test_what_one_run_learned_the_next_knows_from_its_first_call(tmp_path):
    store, first, second = open_store(tmp_path / "s.db"), Picky(), Picky()

    runs = [asyncio.run(call(order(), client=c, store=store)).run for c in (first, second)]
    kept = store.habits("g")
    store.close()

    assert [len(first.bodies), len(second.bodies)] == [2, 1]
    assert [v.outcome for run in runs for v in run.verdicts] == [Outcome.PASSED] * 2
    assert [(k.way, k.model, k.habits) for k in kept] == [("direct", "m", RENAMED)]


def test_a_habit_is_taken_for_granted_for_a_week_only(tmp_path):
    store = open_store(tmp_path / "s.db")
    learned = utc_now()
    store.save_habits("g", "direct", "m", RENAMED, learned)

    within = known_habits(store, now=learned + FRESH - timedelta(minutes=1))
    after = known_habits(store, now=learned + FRESH + timedelta(minutes=1))
    store.close()

    assert within == {("g", "direct", "m"): RENAMED}
    assert after == {}


def test_models_shows_how_a_model_is_asked_until_it_is_forgotten(gatewayz, groq, tmp_path):
    place = tmp_path / "runs.db"
    store = open_store(place)
    for gateway in ("groq", "xai"):
        store.save_habits(gateway, "direct", "openai/gpt-oss-120b", RENAMED, utc_now())
    store.close()

    shown = gatewayz("models", "groq", "--store", place, **groq)
    forgotten = gatewayz("models", "groq", "--forget", "--store", place, **groq)

    lines = shown.stdout.splitlines()
    at = next(n for n, line in enumerate(lines) if "openai/gpt-oss-120b" in line)
    assert lines[at + 1] == "    asked with max_completion_tokens"
    assert "asked with" not in forgotten.stdout
    store = open_store(place)
    assert [kept.gateway for kept in store.habits()] == ["xai"]
    store.close()


def test_models_tells_what_is_odd_about_a_list(gatewayz):
    from gatewayz import simulator as simulation

    rules = [{"path": "models", "fault": "duplicate-ids"}]
    with simulation.running(faults=rules) as pretending:
        done = gatewayz("models", "groq", **pretending.variables())

    assert done.returncode == 0
    assert "groq: warning: duplicate-ids" in done.stderr
