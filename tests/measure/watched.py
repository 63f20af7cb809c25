"""An attempt out of bytes and the moments at which they came, by the client's own reader."""

import json

from gatewayz.client.bodies import read_unstreamed
from gatewayz.client.events import EventReader
from gatewayz.client.record import Record
from gatewayz.client.streams import EventTaker, note_ending
from gatewayz.core.attempt import FaultName, Phase, WireFault
from gatewayz.core.text import Redactor

SENT = 0.25  # what comes before (name lookup, connect, TLS) is part of no wait

DONE = "data: [DONE]\n\n"


def chunk(delta=None, *, finish=None, usage=None, index=0):
    """The event of one chunk; without a delta it has no choices, as the usage chunk has none."""
    choices = [] if delta is None else [{"index": index, "delta": delta, "finish_reason": finish}]
    document = {"id": "x", "object": "chat.completion.chunk", "choices": choices}
    if usage is not None:
        document["usage"] = usage
    return f"data: {json.dumps(document)}\n\n"


def text(words, **more):
    return chunk({"content": words}, **more)


def thought(words):
    return chunk({"reasoning_content": words})


def role():
    return chunk({"role": "assistant", "content": ""})


def used(output, *, thinking=None, total=None, inputs=7):
    """A usage object."""
    usage = {"prompt_tokens": inputs, "completion_tokens": output}
    if total is not None:
        usage["total_tokens"] = total
    if thinking is not None:
        usage["completion_tokens_details"] = {"reasoning_tokens": thinking}
    return usage


def usage(output, **more):
    return chunk(usage=used(output, **more))


def stop():
    return chunk({}, finish="stop")


def watched(*pieces, reset=False, connect=None, tls=None):
    """The attempt of a stream whose pieces came so: (seconds after the request was sent, bytes)."""
    record = Record(number=1, url="", body={}, streamed=True, started=100.0)
    record.status, record.content_type = 200, "text/event-stream"
    record.sent = 100.0 + SENT
    record.connected = None if connect is None else 100.0 + connect
    record.secured = None if tls is None else 100.0 + tls
    record.reused = connect is None
    reader, builder = EventReader(1_000_000), record.builder
    taker = EventTaker(builder)
    stamp = record.sent
    for seconds, said in pieces:
        stamp, data = record.sent + seconds, said.encode()
        record.first_byte = record.first_byte or stamp
        record.take_piece(data, stamp)
        for event in reader.feed(data):
            taker.take(event, stamp)
    builder.comments = reader.comments
    if reset:
        record.fault = WireFault(name=FaultName.RESET, phase=Phase.BODY)
    else:
        taker.take_rest(reader, stamp)
        if reader.events:
            note_ending(builder, reader, record.content_type, taker.cut_off)
        else:
            read_unstreamed("".join(said for _, said in pieces).encode(), builder)
    record.ended = stamp + 0.01
    return record.attempt(Redactor())
