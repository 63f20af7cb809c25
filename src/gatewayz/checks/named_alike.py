"""Do the answers of one model bear one name?"""

from gatewayz.core import Finding, Observation, check
from gatewayz.core.names import changed_name
from gatewayz.core.text import excerpt


@check
def named_alike(seen: Observation) -> Finding | None:
    """The `model` of every step's answer may be the same model's; else a failing Finding."""
    names = [reply.model for reply in seen.replies if reply.model]
    for other in names[1:]:
        if changed_name(names[0], other):
            first, last = excerpt(names[0], 100), excerpt(other, 100)
            return Finding(kind="wrong-model-served", expected=f"'{first}'", saw=f"'{last}'")
    return None
