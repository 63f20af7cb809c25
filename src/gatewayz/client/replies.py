"""A reply put together from one document or from a stream's chunks.

Reads every field variant there is and names each departure from the contract; whether that is
bad is for others to say. Memory is bounded: text beyond the cap is counted, not kept.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gatewayz.client.error_bodies import error_in, is_all_well, words_alone
from gatewayz.client.growing import GrowingText, ShortLists
from gatewayz.client.heads import Head
from gatewayz.client.messages import Message, plain_text
from gatewayz.client.other_apis import looks_foreign, looks_like
from gatewayz.client.sights import as_json
from gatewayz.client.usage import counts_are_counts, read_usage
from gatewayz.core import finishes
from gatewayz.core.attempt import ErrorBody, Reply, Usage

MAX_CHUNK_STAMPS = 20_000
MAX_CHOICES = 128
# One a second makes this many in three hours.
MAX_IDLE_EVENTS = 10_000
MAX_BROKEN_EVENTS = 1000
MAX_ERRORS = 100
# Of the further answers only as much is kept as tells them apart.
MAX_OTHER_TEXT = 64 * 1024
_MAX_FINISH = 500


class ReplyBuilder:
    """Collects what a model said.

    `first_token` and the like are the stamps handed to `add_chunk`, on the caller's clock.
    `error` is the provider's own error when one came where an answer should have been.
    `looks_like` names the API that an answer without choices seems to be of. `now_s` is the Unix
    time of the question.
    """

    def __init__(self, *, now_s: float | None = None) -> None:
        self.error: ErrorBody | None = None
        self.looks_like = ""
        self._words: ErrorBody | None = None
        self.first_token: float | None = None
        self.first_answer: float | None = None
        self.last_content: float | None = None
        self.stamps: list[float] = []
        self.content_chunks = 0
        self.done = False
        self.events = 0
        self.comments = 0
        self._idle = 0
        self._errors = 0
        self._oddities: dict[str, str] = {}
        self._head = Head(self.note, time.time() if now_s is None else now_s)
        self._message = Message(self.note)
        self._whole = False
        self._others: dict[int, GrowingText] = {}
        self._lists = ShortLists()
        self._logprobs = False
        self._finish = ""
        self._finish_of_another = ""
        self._odd_finish = False
        self._finish_as_sent: Any = None
        self._finish_given = False
        self._index: int | None = None
        self._indexes: set[int] = set()
        self._heard = False
        self._other_shape = ""
        self._usage: Any = None
        self._first_counted: int | None = None
        self._first_letters = 0
        self._read_letters = 0

    @property
    def finished(self) -> bool:
        """Whether a finish reason has come."""
        return bool(self._finish)

    @property
    def any_finished(self) -> bool:
        """Whether a finish reason has come for any choice."""
        return bool(self._finish or self._finish_of_another)

    @property
    def finish_given(self) -> bool:
        """Whether the last choice had a finish reason, be it an empty one."""
        return self._finish_given

    @property
    def started(self) -> bool:
        """Whether anything generated has come."""
        return self.first_token is not None or bool(self._message.text.length)

    @property
    def flooded(self) -> bool:
        """Whether more events in a row said nothing, or more told an error, than anybody reads."""
        return self._idle > MAX_IDLE_EVENTS or self._errors > MAX_ERRORS

    @property
    def oddities(self) -> tuple[str, ...]:
        """The names noted so far."""
        return tuple(self._oddities)

    def note(self, oddity: str, saw: str = "") -> None:
        """Remembers a departure from the contract by its name, and what was first seen of it."""
        self._oddities.setdefault(oddity, saw)

    def add_document(self, document: Any) -> None:
        """A whole answer."""
        self._whole = True
        if isinstance(document, str):
            self.note("json-double-encoded")
            return
        if isinstance(document, dict | list) and self._take_error(document):
            return
        if not isinstance(document, dict) or "choices" not in document:
            self._miss_choices(document)
            return
        choices = document["choices"]
        if choices is None:
            self.note("choices-null")
        elif not isinstance(choices, list):
            self._miss_choices(document)
        elif not any(isinstance(choice, dict) for choice in choices):
            self.note("choices-empty")
        else:
            # Where all are there, their places number them better than some senders do.
            for place, choice in enumerate(self._lists.of(choices)):
                if isinstance(choice, dict):
                    self._count(_index_of(choice, place))
                    self._take_choice(place, choice, choice.get("message"), None, whole=True)
            self.miss_choices()
        self._take_head(document)

    def add_chunk(self, document: Any, stamp: float, *, event_name: str = "") -> None:
        """One chunk of a stream, and when it came."""
        self.add_idle(1)
        if not isinstance(document, dict):
            if "sse-bad-json-event" not in self._oddities:
                self.note("sse-bad-json-event", f"no object: {as_json(document)}")
            return
        if event_name == "error":
            self._errors += 1
            if self.error is None:
                found = error_in(document, whole=True, in_band=True)
                self.error = found and replace(found, shape="event")
            return
        if self._take_error(document):
            return
        choices = document.get("choices")
        if self.done:
            self._take_late(document)
            return
        self._take_head(document)
        if self._index is None and not self.looks_like and "choices" not in document:
            self.looks_like = looks_like(document)
            self._words = words_alone(document) if self.looks_like else None
        for choice in self._lists.of(choices) if isinstance(choices, list) else ():
            if isinstance(choice, dict):
                self._idle = 0
                delta = choice.get("delta")
                # A whole message may stand beside the deltas: it repeats what they said.
                message = None if self.started else choice.get("message")
                index = _index_of(choice, 0)
                if index not in self._indexes:
                    self._count(index)
                self._take_choice(index, choice, delta or message, stamp, whole=not delta)

    def _take_late(self, document: Mapping[str, Any]) -> None:
        """A chunk after the end mark, when clients have left: no part of the answer.

        Only what was still missing of its accounts is taken, the counts and the reason of its end.
        """
        self._take_usage(document)
        choices = document.get("choices")
        for choice in self._lists.of(choices) if isinstance(choices, list) else ():
            late = isinstance(choice, dict) and not self._finish and self.reads(choice)
            if late and choice.get("finish_reason"):
                self._take_finish(choice)

    def add_idle(self, chunks: int) -> None:
        """An event of so many chunks, which say nothing that has not been said."""
        self._idle += 1
        if chunks and self.done:
            self.note("sse-data-after-done")
        self.events += chunks

    def add_broken(self) -> None:
        """An event that cannot be read: of these a tenth as many end the reading."""
        self._idle += MAX_IDLE_EVENTS // MAX_BROKEN_EVENTS

    def add_alike(self, field: str, text: str, stamp: float) -> None:
        """A chunk of the choice that is read, which differs from one before by its text only.

        `field` is where in the delta the text stands.
        """
        self.add_idle(1)
        self._idle = 0
        if self.done:
            return
        self._finish_given = False
        if self._message.take_alike(field, text):
            self._heard = True
            self._stamp(stamp, answered=field == "content")

    def goes_on(self, field: str) -> bool:
        """Whether text of this field has come before, and the stream is not at its end."""
        begun = self.first_token if field != "content" else self.first_answer
        return begun is not None and not self.done

    def add_many_alike(self, field: str, texts: list[str], stamps: list[float]) -> None:
        """Chunks as `add_alike` takes each of them, where `goes_on`."""
        self.events += len(texts)
        self._idle = 0
        self._finish_given = False
        if not self._message.take_alike(field, "".join(texts)):
            return
        self._heard = True
        if stamps[0] == self.first_token:
            with_it = zip(stamps, texts, strict=True)
            self._read_letters += sum(len(text) for at, text in with_it if at == self.first_token)
        said = [stamp for stamp, text in zip(stamps, texts, strict=True) if text]
        self.last_content = said[-1]
        self.content_chunks += len(said)
        self.stamps += said[: MAX_CHUNK_STAMPS - len(self.stamps)]

    def reads(self, choice: Mapping[str, Any]) -> bool:
        """Whether this is the choice whose answer is read, not one beside it."""
        return self._index == _index_of(choice, 0)

    def miss_choices(self) -> bool:
        """Notes that an answer has ended that was one of another API; False when it was not."""
        shape = self.looks_like if self._index is None else self._other_shape
        if self._heard or not shape:
            return False
        self.looks_like = shape
        self.note("choices-missing")
        self.error = self.error or self._words
        return True

    def add_done(self) -> None:
        """The end mark."""
        self._idle += 1
        self.done = True

    def build(self) -> Reply:
        """The reply as it stands."""
        if self._odd_finish or (self._finish_given and not self._finish):
            self.note("finish-unknown", f"finish_reason {as_json(self._finish_as_sent)}")
        if self._head.odd_created:
            self.note("created-odd", f"created {self._head.odd_created}")
        if not counts_are_counts(self._usage):
            self.note("usage-inconsistent", f"usage {as_json(self._usage)}")
        # Where the end never came, or the budget cut it, a call may have been about to go on.
        ended = (self._whole or self.finished) and self._finish != "length"
        head, said = self._head, self._message
        calls = said.calls.build(ended=ended)
        return Reply(
            text=str(said.text),
            reasoning=str(said.reasoning),
            reasoning_field=said.reasoning_field,
            refusal=str(said.refusal),
            tool_calls=calls,
            finish_reason=self._finish or self._finish_of_another,
            model=head.model,
            id=head.id,
            usage=self._read_usage(),
            content_kind=said.content_kind,
            choices=len(self._indexes),
            done_marker=self.done,
            others=tuple(str(text) for _, text in sorted(self._others.items())),
            logprobs=self._logprobs,
            created=head.created,
            fingerprint=head.fingerprint,
            notice=head.notice,
            events=self.events,
            comments=self.comments,
            oddities=self.oddities,
            sights={name: saw for name, saw in self._oddities.items() if saw},
            cut=said.cut or self._lists.cut or any(text.cut for text in self._others.values()),
            first_chunk_tokens=self._first_counted,
            first_chunk_share=None if calls else self._share_of(self._first_letters),
            first_read_share=None if calls else self._share_of(self._read_letters),
        )

    def _letters(self) -> int:
        return self._message.text.length + self._message.reasoning.length

    def _share_of(self, letters: int) -> float | None:
        return letters / self._letters() if letters else None

    def _miss_choices(self, document: Any) -> None:
        self.note("choices-missing")
        self.looks_like = looks_like(document)
        self.error = self.error or words_alone(document)

    def _read_usage(self) -> Usage | None:
        usage = self._usage
        return read_usage(usage) if isinstance(usage, dict) and usage else None

    def _take_error(self, document: Mapping[str, Any] | list[Any]) -> bool:
        found = error_in(document, in_band=True)
        if found is None:
            return False
        self.error = self.error or found
        self._errors += 1
        return True

    def _take_head(self, document: Mapping[str, Any]) -> None:
        self._head.take(document)
        self._take_usage(document)

    def _take_usage(self, document: Mapping[str, Any]) -> None:
        extra = document.get("x_groq")
        if isinstance(extra, dict):
            self._usage = extra.get("usage") or self._usage
            if isinstance(extra.get("error"), str):
                self.error = self.error or error_in({"error": extra["error"]}, in_band=True)
        # Growing counts come again and again: the last ones stand, and are never added up.
        self._usage = document.get("usage") or self._usage

    def _take_choice(
        self,
        index: int,
        choice: Mapping[str, Any],
        message: Any,
        stamp: float | None,
        *,
        whole: bool,
    ) -> None:
        # One answer is read, the first one seen; of the others only the texts.
        # What few chunks hold is only looked at where it stands: a stream is thousands of them.
        if self._index is None:
            self._index = index
        if "error" in choice:
            self._take_inner_error(choice["error"])
        if isinstance(message, dict) and "error" in message:
            self._take_inner_error(message["error"])
        if index == self._index:
            self._take_finish(choice)
        if isinstance(choice.get("usage"), dict):  # Moonshot's place for it
            self._usage = choice["usage"]
        if "logprobs" in choice:
            self._logprobs = self._logprobs or _has_some(choice["logprobs"])
        if index != self._index:
            # LiteLLM gives only one of several choices a reason, and that need not be the first
            # seen (1.106.2, 2026-11-25).
            finish = choice.get("finish_reason")
            if isinstance(finish, str) and finish in finishes.KNOWN:
                self._finish_of_another = finish
            self._take_other(index, message)
            return
        if not self._heard and not self._other_shape:
            self._other_shape = looks_foreign(choice, message)
        if not isinstance(message, dict):
            return
        answered, thought = self._message.take(message, whole=whole)
        self._heard = self._heard or answered or thought
        if stamp is not None and (answered or thought):
            self._stamp(stamp, answered=answered)

    def _take_inner_error(self, inner: Any) -> None:
        """An error that stands in a choice, or in its message."""
        if inner is not None and self.error is None and not is_all_well(inner):
            self.error = error_in({"error": inner}, in_band=True)

    def _count(self, index: int) -> None:
        if len(self._indexes) <= MAX_CHOICES:
            self._indexes.add(index)

    def _take_finish(self, choice: Mapping[str, Any]) -> None:
        finish = choice.get("finish_reason")
        self._finish_given = finish is not None
        if finish is None:
            return
        if not self._odd_finish:
            self._finish_as_sent = finish
        if not isinstance(finish, str) or not finish:
            self._odd_finish = self._odd_finish or finish != ""
            return
        finish = finish[:_MAX_FINISH]
        if finishes.owns_up(finish) and self.error is None:
            self.error = ErrorBody(
                message=f"finish_reason is {finish!r}", in_band=True, shape="finish"
            )
        # Other people's names for the same are told as odd all the same.
        self._odd_finish = self._odd_finish or finish not in finishes.KNOWN
        self._finish = finishes.plain(finish)[:100]
        if self._finish == "content_filter":
            self.note("refusal")

    def _take_other(self, index: int, message: Any) -> None:
        if index not in self._others:
            if len(self._others) >= MAX_CHOICES:
                return
            self._others[index] = GrowingText(MAX_OTHER_TEXT)
        content = plain_text(message.get("content")) if isinstance(message, dict) else None
        if isinstance(content, str):
            self._others[index].add(content)

    def _stamp(self, stamp: float, *, answered: bool) -> None:
        if self.first_token is None:
            self.first_token = stamp
            self._weigh_first()
        elif stamp == self.first_token:
            self._read_letters = self._letters()
        if answered and self.first_answer is None:
            self.first_answer = stamp
        self.last_content = stamp
        self.content_chunks += 1
        if len(self.stamps) < MAX_CHUNK_STAMPS:
            self.stamps.append(stamp)

    def _weigh_first(self) -> None:
        """What the first content chunk alone brought: later chunks hide it."""
        so_far = self._read_usage()
        self._first_letters = self._read_letters = self._letters()
        self._first_counted = so_far.output_tokens if so_far is not None else None


def _index_of(choice: Mapping[str, Any], otherwise: int) -> int:
    """The number that a choice gives itself."""
    given = choice.get("index")
    if isinstance(given, float) and given.is_integer():
        given = int(given)  # 1.0 is the number 1, as some JSON writers have it
    return given if isinstance(given, int) else otherwise


def _has_some(logprobs: Any) -> bool:
    """Whether log probabilities came: an object or a list in which something stands."""
    if isinstance(logprobs, dict):
        return any(isinstance(v, list | dict) and v for v in logprobs.values())
    return isinstance(logprobs, list) and bool(logprobs)
