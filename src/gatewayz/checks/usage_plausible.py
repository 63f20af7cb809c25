"""Can the token counts be those of these texts?"""

import re
from functools import lru_cache

from gatewayz.checks._asked import (
    all_said,
    has_media,
    may_think,
    messages_text,
    prompt_text,
    usual_tokens,
)
from gatewayz.core import Finding, Observation, check
from gatewayz.core.families import SYSTEM_TOKENS, WITH_SYSTEM_MESSAGE
from gatewayz.core.names import family

# Tokenizers differ, so a count is odd only when it is many times what a text usually takes. What
# a chat template adds is allowed besides, and a page for those that bring a system message along.
_MOST_TIMES, _TEMPLATE_TOKENS = 10, 100
# No tokenizer packs more of a longer text into one token, runs of one mark apart; nor a sentence.
_MOST_LETTERS_PER_TOKEN, _LONG_ENOUGH, _SENTENCE_WORDS = 16, 24, 3
_WINDOW = 20_000
_RUN = re.compile(r"(.)\1{3,}", re.DOTALL)


@check
def usage_plausible(seen: Observation) -> Finding | None:
    """Prompt and completion tokens lie in generous bounds of the texts' length; else a warning.

    Images and sound are not bounded, nor from above the answers of models that may have thought.
    """
    usage = seen.reply.usage
    if usage is None:
        return None
    if usage.input_tokens is not None:
        tokens = usage.input_tokens + (usage.cached_tokens or 0)
        # Schemas and tools need not become a part of the prompt.
        least, most = _bounds(messages_text(seen), prompt_text(seen))
        if usage.input_tokens > most and _brings_a_system_message(seen):
            most += SYSTEM_TOKENS
        # All zero is told elsewhere.
        odd = (tokens < least and usage.output_tokens) or usage.input_tokens > most
        if odd and not has_media(seen):
            return _finding(usage.input_tokens, least, most, "prompt")
    said = all_said(seen)
    if usage.output_tokens and not seen.reply.cut:
        least, most = _least(said), _most(said)
        too_many = usage.output_tokens - (usage.reasoning_tokens or 0) > most
        if usage.output_tokens < least or (too_many and not may_think(seen)):
            return _finding(usage.output_tokens, least, most, "answer")
    return None


@lru_cache(maxsize=8)  # one question goes to many models
def _bounds(messages: str, prompt: str) -> tuple[int, int]:
    return _least(messages), _most(prompt)


def _least(text: str) -> int:
    whole = text[:_WINDOW]
    if len(text) >= _LONG_ENOUGH:
        letters = len(_RUN.sub(r"\1", whole)) * len(text) // len(whole)
        if letters >= _LONG_ENOUGH:
            return letters // _MOST_LETTERS_PER_TOKEN + 1
    return 2 if len(whole.split()) >= _SENTENCE_WORDS else 0


def _most(text: str) -> int:
    return _MOST_TIMES * usual_tokens(text) + _TEMPLATE_TOKENS


def _brings_a_system_message(seen: Observation) -> bool:
    model = seen.case.model
    return model is not None and family(model.id) in WITH_SYSTEM_MESSAGE


def _finding(tokens: int, least: int, most: int, what: str) -> Finding:
    return Finding(
        kind="usage-implausible",
        expected=f"{least} to {most} tokens for this {what}",
        saw=str(tokens),
        warning=True,
    )
