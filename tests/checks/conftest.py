"""Observations made by hand, for tests of checks."""

import pytest

from gatewayz.core import Attempt, Case, ChatRequest, Model, Observation, Reply, Timing, Usage

URL = "http://x/v1/chat/completions"


class ByHand:
    """Builders; what is not given is as in a healthy answer of gpt-4o."""

    @staticmethod
    def asked(text="What is the capital of France?", **more):
        return ChatRequest(messages=({"role": "user", "content": text},), **more)

    @classmethod
    def seen(
        cls, text="", request=None, *, model="gpt-4o", card=None, body=None, streamed=False,
        headers=None, timing=None, usage=None, sent_as="", **reply,
    ):  # fmt: skip
        """One question and its one answer; `usage` are prompt, completion and total tokens."""
        fields = {"finish_reason": "stop", "content_kind": "text", "model": model} | reply
        attempt = Attempt(
            url=URL, status=200, asked=sent_as or model, body=body or {}, headers=headers or {},
            streamed=streamed, timing=timing or Timing(),
            reply=Reply(text=text, usage=cls.usage(usage), **fields),
        )  # fmt: skip
        case = Case(gateway="g", probe="p", model=card or Model(id=model))
        return Observation(case=case, request=request or cls.asked(), attempts=(attempt,))

    @classmethod
    def twice(cls, first, second, request=None):
        """A question put twice; the replies are given by their fields."""
        request = request or cls.asked()
        attempts = tuple(
            Attempt(url=URL, status=200, step=step, reply=Reply(**fields))
            for step, fields in enumerate((first, second))
        )
        case = Case(gateway="g", probe="p", model=Model(id="gpt-4o"))
        return Observation(case=case, request=request, then=(request,), attempts=attempts)

    @staticmethod
    def usage(counts):
        if counts is None or isinstance(counts, Usage):
            return counts
        return Usage(
            **dict(zip(("input_tokens", "output_tokens", "total_tokens"), counts, strict=False))
        )

    @staticmethod
    def kind(found):
        """A finding's name; "unnamed" for one outside the table, None for none."""
        return None if found is None else found.kind or "unnamed"


@pytest.fixture
def by_hand():
    return ByHand
