"""Did the model read the whole of a long text?"""

import json

from gatewayz.checks._answers import answered, cut_short
from gatewayz.checks._asked import sample
from gatewayz.checks._numbers import written
from gatewayz.core import Finding, Observation, check
from gatewayz.core.text import excerpt
from gatewayz.core.think_marks import without_thoughts

# No text of words has so many bytes to a token, so a count below this says that some were lost.
_MOST_BYTES_PER_TOKEN = 12


@check
def recalls_needles(seen: Observation) -> Finding | None:
    """The text holds every code that stood in the long message, be its digits grouped or not.

    Reads `oracle["needles"]`, a list of {"depth", "code"}. Returns None when it does or when there
    is no answer; else a failing Finding that says at which depth a code was lost, and whether the
    prompt tokens that were counted are too few for what was sent.
    """
    if seen.asked is None or not answered(seen):
        return None
    needles, text = seen.asked.oracle["needles"], sample(without_thoughts(seen.reply.text))
    lost = [n for n in needles if not written(str(n["code"])).search(text)]
    if not lost:
        return None
    depths = " and the ".join(str(needle["depth"]) for needle in lost)
    saw = f"none from the {depths}: {excerpt(seen.reply.text, 100)!r}{_cut_on_the_way(seen)}"
    return cut_short(seen, "the codes", saw) or Finding(
        expected=f"the codes {', '.join(str(n['code']) for n in needles)}", saw=saw
    )


def _cut_on_the_way(seen: Observation) -> str:
    usage, asked = seen.reply.usage, seen.asked
    counted = usage.input_tokens if usage is not None else None
    if asked is None or not counted:
        return ""
    sent = len(json.dumps(list(asked.messages), ensure_ascii=False).encode())
    if counted * _MOST_BYTES_PER_TOKEN >= sent:
        return ""
    return (
        f"; {counted} prompt tokens were counted for some {sent // 4} sent:"
        " the prompt was cut on the way"
    )
