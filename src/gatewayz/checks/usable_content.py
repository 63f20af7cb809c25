"""Was anything delivered that a person or a program can use?"""

from gatewayz.checks._asked import prompt_text, sample
from gatewayz.core import Finding, Observation, Usage, check
from gatewayz.core.finishes import KNOWN
from gatewayz.core.text import shows_nothing
from gatewayz.core.think_marks import first_mark, without_thoughts

# So many tokens may stand around thoughts: their marks, and the end of the answer.
_MARKS = 4


@check
def usable_content(seen: Observation) -> Finding | None:
    """The reply holds visible text or a tool call, thoughts not counted.

    Returns None when satisfied, else a Finding that tells an empty answer from one that was all
    thought, declined, or cut off by the token limit before it began.
    """
    reply = seen.reply
    called = any(call.name for call in reply.tool_calls)
    text = sample(reply.text)
    if called or not shows_nothing(without_thoughts(text)):
        return None
    mark = first_mark(text)
    if mark and mark in prompt_text(seen):  # asked for, so an answer
        return None
    streamed = seen.asked is not None and seen.asked.stream
    thought = bool(reply.reasoning or not shows_nothing(text)) or _was_all_thought(reply.usage)
    expected = "an answer"
    if reply.refusal or reply.finish_reason == "content_filter":
        return Finding(kind="refusal", expected=expected, saw=reply.refusal or "content_filter")
    if reply.finish_reason == "length":
        return Finding(kind="reasoning-ate-budget", expected=expected, saw=_saw(seen))
    if reply.finish_reason and reply.finish_reason not in KNOWN:
        # It stopped for a reason that nobody here knows, so it is not known whether it should have.
        return Finding(kind="finish-unknown", expected=expected, saw=_saw(seen))
    if thought:
        return Finding(kind="reasoning-only", expected=expected, saw=_saw(seen))
    if streamed:
        return Finding(kind="stream-no-content", expected=expected, saw=_saw(seen))
    kind = "empty-content" if reply.content_kind == "text" else "null-content"
    return Finding(kind=kind, expected=expected, saw=_saw(seen))


def _was_all_thought(usage: Usage | None) -> bool:
    """Whether the counts say that all was thought, where a provider shows no thoughts."""
    if usage is None or not usage.reasoning_tokens:
        return False
    return (usage.output_tokens or 0) - usage.reasoning_tokens <= _MARKS


def _saw(seen: Observation) -> str:
    reply = seen.reply
    content = {"text": "empty content", "null": "content null", "missing": "no content field"}
    thoughts = f", {len(reply.reasoning)} characters of reasoning" if reply.reasoning else ""
    if not thoughts and reply.usage is not None and reply.usage.reasoning_tokens:
        thoughts = f", {reply.usage.reasoning_tokens} tokens of hidden reasoning"
    return f"{content[reply.content_kind]}{thoughts}, finish_reason {reply.finish_reason!r}"
