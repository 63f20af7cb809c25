"""A whole answer to one message."""

from functools import partial

from gatewayz.core import Probe
from gatewayz.probes._delivery import DELIVERY, message

PROBE = Probe(
    name="chat",
    title="One answer",
    request=partial(message, stream=False),
    checks=DELIVERY,
    presets=frozenset({"quick", "standard", "agents"}),
    rank=0,
)
