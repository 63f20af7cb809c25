"""Is the answer free of the model's own thoughts?"""

import re

from gatewayz.core import Finding, Observation, check

_TAG = re.compile(r"</?(?:think|thought|thinking)>")


@check
def no_think_tags(seen: Observation) -> Finding | None:
    """The reply's text holds no opening or closing tag of a thought; else a warning."""
    found = _TAG.search(seen.reply.text)
    if found is None:
        return None
    saw = f"{found[0]} at character {found.start()}"
    return Finding(kind="think-tags-in-content", expected="an answer only", saw=saw, warning=True)
