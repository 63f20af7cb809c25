"""The configured message, answered whole.

A pass says that an answer came, by the model that was asked, complete and readable. Another answer
than the test message asks for is a warning.
"""

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
    marked=True,
)
