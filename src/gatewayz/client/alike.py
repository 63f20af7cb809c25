"""Events that came before, or that differ from one before by their text only.

A stream says most of its JSON again in every chunk, and a broken sender the same event ten thousand
times. The one invariant: an event taken here leaves the builder as reading it in full would.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice
from typing import Any

from gatewayz.client.documents import BadDocument, parse, string_at
from gatewayz.client.error_bodies import error_in
from gatewayz.client.events import AFTER, BEFORE
from gatewayz.client.later import Received
from gatewayz.client.messages import REASONING_FIELDS
from gatewayz.client.replies import ReplyBuilder

_FIELDS = ("content", *REASONING_FIELDS)
_MARKS = tuple((name, f'"{name}":{gap}"') for name in _FIELDS for gap in ("", " "))
# Senders have a few forms (a role first, choices in turn); what never repeats costs no more.
_MOST_FORMS = 32
_MOST_CHARS = 2000
# Of a sender that never repeats itself, so many events in a row are looked up.
_MOST_MISSES = 200
# Fewer in a row are not worth it.
_FEWEST = 2
_CONTROLS = re.compile(rb"[\x00-\x1f]")
_LINE_ENDS = "\r\n"
# Where one of these says something, its event may change what was said before.
_SUBSTANCE = ("choices", "usage", "x_groq")


class Alike:
    """What is known of the events of one stream; event names and end marks are not its affair.

    A form is what stands before and after the text of a chunk; an idle event says nothing new, and
    is known with the number of chunks that it counts for, a broken one with none.
    """

    def __init__(self, builder: ReplyBuilder) -> None:
        self._builder = builder
        self._mark = _MARKS[0][1]
        self._forms: dict[tuple[str, str], str] = {}
        self._idle: dict[str, int] = {}
        self._last = ("", "")
        self._frame: tuple[bytes, bytes] | None = None
        self._learned = 0
        self._missed = 0

    def take(self, data: str, stamp: float) -> bool:
        """Puts an event in the reply if it is like one before; False when it is to be read."""
        chunks = self._idle.get(data)
        if chunks is not None:
            if chunks:
                self._builder.add_idle(chunks)
            else:
                self._builder.add_broken()
            return True
        if not self._forms or self._missed > _MOST_MISSES:
            return False
        self._missed += 1
        before = data.find(self._mark)
        if before < 0:
            return False
        before += len(self._mark) - 1
        try:
            text, after = string_at(data, before)
        except BadDocument:
            return False
        form = (data[:before], data[after:])
        field = self._forms.get(form)
        if field is None:
            return False
        self._missed = 0
        if form != self._last:
            self._last = form
            self._frame = _frame(form)
        self._builder.add_alike(field, text, stamp)
        return True

    def texts_in(self, pieces: Received, at: int, longest: int) -> list[str]:
        """The texts of as many pieces from there on as are an event each, of the form seen last.

        Only what stands as it is said, without an escape, in a piece of at most `longest` bytes. None
        where each is to be looked at by itself.
        """
        if self._frame is None or self._missed > _MOST_MISSES:
            return []
        before, after = self._frame
        start, stop, least = len(before), -len(after), len(before) + len(after)
        fits = range(least, longest + 1)
        texts: list[bytes] = []
        for piece, _ in islice(pieces, at, None):
            if not (piece.startswith(before) and piece.endswith(after) and len(piece) in fits):
                break
            text = piece[start:stop]
            if b'"' in text or b"\\" in text:
                break
            texts.append(text)
        if len(texts) < _FEWEST or not self._builder.goes_on(self._forms[self._last]):
            return []
        if _CONTROLS.search(b"".join(texts)):
            return []
        try:
            return [text.decode() for text in texts]
        except UnicodeDecodeError:
            return []

    def take_texts(self, texts: list[str], stamps: list[float]) -> None:
        """Puts events that `texts_in` has found in the reply, and when each came."""
        self._missed = 0
        self._builder.add_many_alike(self._forms[self._last], texts, stamps)

    def learn(self, data: str, document: Any) -> None:
        """Remembers an event that was read in full, if it is of a form that can come again."""
        if not self._has_room(data):
            return
        if not isinstance(document, dict) or not any(map(document.get, _SUBSTANCE)):
            self._idle[data] = 1
        elif _is_plain(document) and self._builder.reads(document["choices"][0]):
            self._learn_form(data, document["choices"][0]["delta"])

    def learn_broken(self, data: str) -> None:
        """Remembers an event that is no JSON, and was noted as such."""
        if self._has_room(data):
            self._idle[data] = 0

    def _has_room(self, data: str) -> bool:
        self._learned += 1
        return self._learned <= _MOST_FORMS and len(data) <= _MOST_CHARS

    def _learn_form(self, data: str, delta: Mapping[str, Any]) -> None:
        said = [name for name in _FIELDS if delta.get(name)]
        for name, mark in _MARKS:
            before = data.find(mark) + len(mark) - 1
            if said != [name] or before < len(mark) - 1:
                continue
            _, after = string_at(data, before)
            form = (data[:before], data[after:])
            # The mark may stand elsewhere too: what is said must follow when its text changes.
            changed, contradicts = parse(f'{form[0]}"{len(delta[name])}"{form[1]}'.strip())
            if contradicts:
                continue
            if changed["choices"][0]["delta"].get(name) == str(len(delta[name])) != delta[name]:
                self._mark = mark
                self._forms[form] = name


def _frame(form: tuple[str, str]) -> tuple[bytes, bytes] | None:
    """What stands around the text in an event of one line; None where an event has several."""
    before, after = form
    try:
        found = BEFORE + before.encode() + b'"', b'"' + after.encode() + AFTER
    except UnicodeEncodeError:
        return None
    return None if any(mark in before + after for mark in _LINE_ENDS) else found


def _is_plain(document: Mapping[str, Any]) -> bool:
    """Whether a chunk holds some text of one choice, and nothing else that counts."""
    if document.get("usage") or document.get("x_groq") or error_in(document, in_band=True):
        return False
    choices = document.get("choices")
    if not isinstance(choices, list) or len(choices) != 1 or not isinstance(choices[0], dict):
        return False
    delta = choices[0].get("delta")
    if not isinstance(delta, dict) or choices[0].get("finish_reason") is not None:
        return False
    beside = [value for key, value in choices[0].items() if key not in ("index", "delta")]
    within = [value for key, value in delta.items() if key not in ("role", *_FIELDS)]
    texts = all(isinstance(delta.get(name), str | None) for name in _FIELDS)
    return texts and not any(beside) and not any(within)
