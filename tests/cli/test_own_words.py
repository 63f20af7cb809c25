"""A key in what the user asks goes out, and is neither kept nor told."""

import asyncio

from gatewayz.cli.roll_call import call
from gatewayz.client import Listing
from gatewayz.core import Ask, Attempt, ErrorBody, Finding, Gateway, Model, Probe
from gatewayz.core.codec import dumps
from gatewayz.core.curl import curl_for
from gatewayz.core.probe import ChatRequest
from gatewayz.core.text import Redactor
from gatewayz.probes import PROBES
from gatewayz.runner import Lane, RollCall, VerdictReached
from gatewayz.store import open_store

KEY = "canary/9f8e7d6c5b4a3f2e1d0c=zz"
MESSAGE = f"say {KEY} twice"


class Provider:
    """Answers each question with an error, and keeps what it was asked."""

    without_keys = staticmethod(Redactor([KEY]).without_values)

    def __init__(self):
        self.bodies = []

    async def list_models(self, gateway):
        return Listing(models=(Model(id="m", listed=True),))

    async def attempt(self, gateway, model_id, request, *, number=1, step=0):
        body = request.body(model_id, gateway.quirks)
        self.bodies.append(body)
        error = ErrorBody(message="no", shape="error")
        address = gateway.chat_url
        return Attempt(
            asked=model_id, url=address, body=body, status=500, body_bytes=9, error=error
        )


def says_what_was_asked(seen):
    return Finding(
        kind="empty-content", expected=seen.request.messages[0]["content"], saw="nothing"
    )


def stepwise(occasion):
    return ChatRequest(messages=({"role": "user", "content": occasion.ask.message},), echo=MESSAGE)


def test_a_key_in_a_question_is_sent_and_is_in_nothing_that_is_kept_or_told(tmp_path):
    store, provider, heard = open_store(tmp_path / "s.db"), Provider(), []
    gateway = Gateway(name="g", base_url="http://g.invalid/v1")
    probes = (
        PROBES["chat"],
        Probe(name="own", title="", request=stepwise, checks=(says_what_was_asked,)),
    )
    order = RollCall(
        lanes=(Lane(name="g", way="direct", gateway=gateway),), probes=probes,
        ask=Ask(message=MESSAGE), settings={"message": MESSAGE, "gateways": ["g"]}, retries=0,
    )  # fmt: skip

    run = asyncio.run(call(order, client=provider, store=store, listeners=(heard.append,))).run
    kept = store.run("last")
    store.close()

    assert all(KEY in dumps(body["messages"]) for body in provider.bodies)
    told = [event.verdict for event in heard if isinstance(event, VerdictReached)]
    for text in map(dumps, (run, kept, told)):
        assert KEY not in text
        assert "say *** twice" in text
    assert KEY.encode() not in b"".join(p.read_bytes() for p in tmp_path.iterdir())
    assert "say *** twice" in curl_for(kept.verdicts[0].observation.attempts[0])
    assert kept.settings["gateways"] == ["g"]
