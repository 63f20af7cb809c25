"""The same message, its answer streamed."""

from functools import partial

from gatewayz.core import Probe
from gatewayz.probes._delivery import DELIVERY, message

PROBE = Probe(
    name="streaming",
    title="One streamed answer",
    request=partial(message, stream=True),
    checks=DELIVERY,
    presets=frozenset({"quick", "standard", "agents"}),
    rank=1,
)
