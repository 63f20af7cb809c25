"""One question in both forms, whole and streamed: what the one answer says of the other."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from hashlib import blake2b

from gatewayz.core.attempt import Reply
from gatewayz.core.names import changed_name
from gatewayz.core.observation import Observation
from gatewayz.core.text import excerpt
from gatewayz.core.verdict import Finding

# So far apart two counts of one prompt may be and still be alike.
_SLACK_TOKENS, _SLACK_SHARE = 3, 0.02
# Of a long answer so much is looked at.
_WINDOW = 4000
_IN_ORDER = json.JSONEncoder(sort_keys=True, default=str).encode


def question_in_any_form(seen: Observation) -> bytes | None:
    """What a case asks of whom, however it was put; None where it is no single question.

    A question that is wrong on purpose has no answer to compare.
    """
    case, asked, last = seen.case, seen.request, seen.last
    if asked is None or last is None or seen.then or asked.must_refuse is not None:
        return None
    model = case.model.id if case.model is not None else ""
    whom = (case.gateway, case.way, model, last.asked, case.repeat)
    what = (asked.messages, asked.extra, asked.stop, asked.expect)
    spelled = _IN_ORDER((whom, what))
    return blake2b(spelled.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def prompt_counts(reply: Reply) -> tuple[int, ...]:
    """A reply's prompt tokens as told, and with the cached ones, which servers count in or out.

    Empty where no count was told: that is no zero.
    """
    usage = reply.usage
    if usage is None or not usage.input_tokens:
        return ()
    told = usage.input_tokens
    return tuple(dict.fromkeys((told, told + (usage.cached_tokens or 0))))


def counted_alike(first: Reply, last: Reply) -> bool:
    """Whether two answers may tell the same prompt's tokens; also where one of them tells none."""
    one, other = prompt_counts(first), prompt_counts(last)
    if not one or not other:
        return True
    off = min(abs(a - b) for a in one for b in other)
    return off <= max(_SLACK_TOKENS, _SLACK_SHARE * max(one[0], other[0]))


def unlike(before: Reply, after: Reply, *, streamed: bool) -> Iterator[Finding]:
    """Warnings on the later of two answers to one question; `streamed`: whether that is the stream.

    Only what a sound server keeps whatever its model says: how long the prompt was, who answers,
    and that there are words. Servers of different builds may count in their own way.
    """
    here, there = ("in the stream", "whole") if streamed else ("whole", "in the stream")
    if before.fingerprint == after.fingerprint and not counted_alike(before, after):
        expected = f"{prompt_counts(before)[0]} prompt tokens, as {there}"
        yield _warning("usage-inconsistent", expected, f"{prompt_counts(after)[0]} {here}")
    if before.model and after.model and changed_name(before.model, after.model):
        expected = f"'{excerpt(before.model, 100)}', as {there}"
        yield _warning("wrong-model-served", expected, f"'{excerpt(after.model, 100)}' {here}")
    if _has_words(before) != _has_words(after):
        expected = f"an answer such as {_quoted(before)}, {there}"
        yield _warning("answer-differs", expected, f"{_quoted(after)} {here}")


def _warning(kind: str, expected: str, saw: str) -> Finding:
    return Finding(kind=kind, failure_class="semantic", expected=expected, saw=saw, warning=True)


def _has_words(reply: Reply) -> bool:
    """Whether anything came but punctuation: a letter, a digit, a picture, a call."""
    if reply.tool_calls:
        return True
    return any(unicodedata.category(mark)[0] in "LNS" for mark in reply.text[:_WINDOW])


def _quoted(reply: Reply) -> str:
    return repr(excerpt(reply.text.strip(), 60))
