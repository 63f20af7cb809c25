"""The same message, its answer streamed.

A pass says the same of a stream. Both are judged by the same checks, so a model that answers one
form and not the other passes one probe and fails the other; where both are answered, the two must
tell the same prompt tokens and the same model, and both hold words, or the later one has a warning.
How a longer stream flows is judged by
`stop_sequences`.
"""

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
    marked=True,
)
