"""Error answers as attempts, read by the client's own readers."""

import json
import re

import pytest

from gatewayz.client.error_bodies import read_error
from gatewayz.client.events import EventReader
from gatewayz.client.replies import ReplyBuilder
from gatewayz.core.attempt import Attempt

# The model that made-up answers speak of; a real client knows which one it asked for.
_ASKED = re.compile(r"zeta(?:[-/]\w+)+")


@pytest.fixture(scope="session")
def refused():
    """A function that makes the attempt which got an error answer.

    `body` is JSON, or text as it stands on the wire. With status 200 a text is an event stream.
    """

    def make(status, body, headers=None, had_key=True, **sent):
        text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
        data, headers = text.encode(), headers or {}
        asked = _ASKED.search(text)
        facts = {
            "status": status, "headers": headers, "body_bytes": len(data), "had_key": had_key,
            "excerpt": text[:400], "body": {"model": asked[0]} | sent if asked else sent,
        }  # fmt: skip
        if status != 200:
            return Attempt(error=read_error(data, headers=headers), **facts)
        reader = ReplyBuilder()
        if not isinstance(body, str):
            reader.add_document(body)
            return Attempt(error=reader.error, reply=reader.build(), **facts)
        events = EventReader(1 << 20)
        for event in [*events.feed(data), *events.finish()]:
            if event.data == "[DONE]":
                reader.add_done()
            else:
                reader.add_chunk(json.loads(event.data), 1.0, event_name=event.name)
        return Attempt(error=reader.error, reply=reader.build(), streamed=True, **facts)

    return make
