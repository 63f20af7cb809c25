"""Does the answer say which model gave it?"""

from gatewayz.core import Finding, Observation, check


@check
def model_named(seen: Observation) -> Finding | None:
    """The reply's `model` field is there and not empty; else a warning."""
    last = seen.last
    if seen.reply.model.strip() or last is None or not last.url:
        return None
    return Finding(kind="model-field-empty", expected="a model name", saw="none", warning=True)
