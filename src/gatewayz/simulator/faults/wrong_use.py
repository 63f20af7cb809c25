"""Not a provider's failure: what a caller gets who asks for a fault that does not exist."""

from gatewayz.simulator.faults.table import Fault, Stage
from gatewayz.simulator.response import Response, body_response
from gatewayz.simulator.turn import Turn


def _unknown(turn: Turn) -> Response:
    message = turn.options.get("message", "unknown fault")
    return body_response(421, f"simulator: {message}\n".encode(), "text/plain; charset=utf-8")


FAULTS = (Fault("fault-unknown", Stage.INSTEAD, _unknown),)
