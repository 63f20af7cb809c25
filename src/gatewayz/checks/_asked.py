"""What was asked and what was said, in the form in which several checks look at it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from gatewayz.core import Attempt, Finding, Observation
from gatewayz.core.names import family
from gatewayz.core.refusals import ALL_TOKEN_FIELDS
from gatewayz.core.usual_question import TEST_MESSAGE

# A token of plain text holds about four letters, one of any other script about two bytes.
_LETTERS_PER_TOKEN, _BYTES_PER_TOKEN = 4, 2
# Some servers count the thoughts of these and tell them nowhere.
_THINK_UNTOLD = frozenset({"gemini", "o", "grok"})
_SAMPLE = 20_000
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)


def messages_text(seen: Observation) -> str:
    """All text of the question's messages."""
    return seen.once(_messages_text)


def _messages_text(seen: Observation) -> str:
    messages = seen.asked.messages if seen.asked is not None else ()
    return "\n".join(text for message in messages for text in _texts(message))


def prompt_text(seen: Observation) -> str:
    """All text of the question: messages, tools and whatever else went out with words in it."""
    return seen.once(_prompt_text)


def _prompt_text(seen: Observation) -> str:
    extra = seen.asked.extra if seen.asked is not None else {}
    more = json.dumps(extra, ensure_ascii=False, default=str) if extra else ""
    return f"{messages_text(seen)}\n{more}" if more else messages_text(seen)


def all_said(seen: Observation) -> str:
    """Everything the model generated but its thoughts: every choice, and the tool calls."""
    return seen.once(_all_said)


def _all_said(seen: Observation) -> str:
    reply = seen.reply
    calls = [part for call in reply.tool_calls for part in (call.name, call.arguments)]
    return "\n".join(part for part in (reply.text, *reply.others, *calls) if part)


def says_the_talk_again(seen: Observation) -> bool:
    """Whether the answer is the talk so far: each of its messages stands in it, whole.

    A model may say its question again, or what it was told; who sends all of it back is none.
    """
    messages = seen.asked.messages if seen.asked is not None else ()
    told = [bare("\n".join(_texts(message))) for message in messages]
    said = bare(seen.reply.text)
    return len(told) > 1 and all(text in said for text in told)


def has_media(seen: Observation) -> bool:
    """Whether the question holds more than text, which has token counts of its own."""
    return seen.asked is not None and any(
        isinstance(part, Mapping) and part.get("type") != "text"
        for message in seen.asked.messages
        if isinstance(message.get("content"), list | tuple)
        for part in message["content"]
    )


def token_limit(seen: Observation) -> int | None:
    """The token limit that went out; None when none did."""
    last = seen.last
    if last is not None and last.body:
        for name in ALL_TOKEN_FIELDS:
            value = last.body.get(name)
            if isinstance(value, int) and not isinstance(value, bool):
                return value
        return None
    return seen.asked.max_tokens if seen.asked is not None else None


@lru_cache(maxsize=8)  # one question goes to many models, and many give one answer
def bare(text: str) -> str:
    """Letters and digits alone, case aside: how a word is compared."""
    return "".join(filter(str.isalnum, sample(text).casefold()))


def left_out(seen: Observation, field: str) -> Finding | None:
    """What is said where a field that is asked about did not go out, as the dialect refuses it."""
    last = seen.last
    if last is None or not last.body or field in last.body:
        return None
    return Finding(
        kind="unsupported-parameter",
        failure_class="bad-request",
        expected=f"a server that takes `{field}`",
        saw="one known to refuse it, so it was left out",
    )


def known_answer(seen: Observation) -> str:
    """What a right answer to one of our own questions says; "" where we do not know.

    It is the text to be echoed, or the oracle's `answer`.
    """
    asked = seen.asked
    if asked is None:
        return ""
    answer = asked.oracle.get("answer")
    return asked.echo or (answer if isinstance(answer, str) else "")


def is_own_question(seen: Observation) -> bool:
    """Whether the question is one of ours; of a user's nobody knows what a right answer holds."""
    asked = seen.asked
    if asked is None:
        return False
    return bool(asked.echo or asked.oracle) or messages_text(seen) == TEST_MESSAGE


def has_own_text(seen: Observation) -> bool:
    """Whether the answer should hold a text of ours, so that every letter of it is known."""
    asked = seen.asked
    return bool(known_answer(seen)) or (
        asked is not None and isinstance(asked.oracle.get("text"), str)
    )


# Several checks ask it of one question and its answer.
@lru_cache(maxsize=4)
def is_about_letters(text: str) -> bool:
    """Whether a text speaks of how letters are encoded, and may show broken ones by right."""
    return _LETTERS.search(sample(text)) is not None


_LETTERS = re.compile(
    r"mojibake|garbled|encod(?:ing|ed|e)\b|decod(?:ing|ed|e)\b|unicode|utf-?(?:8|16)|ascii|latin-?1"
    r"|iso[- ]?8859|(?:windows|cp)-?125\d|code ?page|charset|character set|replacement (?:char|mark)"
    r"|special characters?|u\+[0-9a-f]{4}|kodierung|codierung|zeichensatz|encodage|jeu de caract"
    r"|codificaci|codifica[çz]|кодировк|кракозябр|юникод|乱码|亂碼|编码|編碼|字符集|文字化け|文字コード"
    r"|エンコード|인코딩|글자 ?깨짐",
    re.IGNORECASE,
)


def may_think(seen: Observation) -> bool:
    """Whether the answer may have cost thoughts, be they shown or not."""
    return seen.once(_may_think)


def _may_think(seen: Observation) -> bool:
    model = seen.case.model
    grown = seen.habits.least_tokens > 0  # for want of room a model had used up in thoughts
    if seen.reply.reasoning or grown or any(map(_ran_out_unseen, seen.tries)):
        return True
    if model is None:
        return False
    return "reasoning" in model.capabilities or family(model.id) in _THINK_UNTOLD


def _ran_out_unseen(attempt: Attempt) -> bool:
    """Whether a try used up its tokens without a visible word: they went into thoughts."""
    reply = attempt.reply
    return reply is not None and reply.finish_reason == "length" and not reply.usable


def usual_tokens(text: str) -> int:
    """About how many tokens a text takes."""
    if text.isascii():
        return len(text) // _LETTERS_PER_TOKEN + 1
    size = len(text.encode("utf-8", "surrogatepass"))
    plain = len(text.encode("ascii", "ignore"))
    return plain // _LETTERS_PER_TOKEN + (size - plain) // _BYTES_PER_TOKEN + 1


def sample(text: str) -> str:
    """A long text's beginning and end, which tell as much as the whole in bounded time."""
    return text if len(text) <= 2 * _SAMPLE else f"{text[:_SAMPLE]}\n{text[-_SAMPLE:]}"


def without_code(text: str) -> str:
    """The text without what stands in backticks, where any token may be talked about."""
    return _CODE.sub(" ", text) if "`" in text else text


def _texts(value: Any) -> Iterator[str]:
    """Every text of a message, the addresses of images left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            if name not in ("role", "type", "image_url", "input_audio", "file"):
                yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
