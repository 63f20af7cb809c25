"""Is the answer free of the model's own thoughts?"""

from gatewayz.checks._asked import prompt_text, sample, without_code
from gatewayz.core import Finding, Observation, check
from gatewayz.core.think_marks import first_mark


@check
def no_think_tags(seen: Observation) -> Finding | None:
    """The reply's text holds no opening or closing mark of a thought; else a warning.

    A mark that the question holds, or that stands in backticks, is talked about and no leak.
    """
    text = without_code(sample(seen.reply.text))
    mark = first_mark(text)
    if not mark or mark in prompt_text(seen):
        return None
    saw = f"{mark} at character {text.find(mark)}"
    return Finding(kind="think-tags-in-content", expected="an answer only", saw=saw, warning=True)
