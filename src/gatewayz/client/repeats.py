"""A stream's body without what it says again: a hundred chunks differ by a word each.

A body is looked through for secrets several times. What is looked for holds no quotation mark and no
line's end, so it lies between two of them, and a stretch between two need be looked at once however
often it comes. Where something that is looked for does reach over one of these, this is of no use.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

BORDERS = '"\n'
# By its name, "" for none, a value that stands in a body; see `evidence.pieces_in`.
Pieces = list[tuple[str, str]]

_APART = "\n\n"
# Fewer events are looked at as they are.
_FEWEST_EVENTS = 6
# So many forms are looked for, each among so many events.
_MOST_FORMS, _MOST_COMPARED = 8, 8
# Longer events are no chunks.
_LONGEST = 4096
# Stands for a word of an event; a body that holds it is left as it is.
_WORD = "\x01"
# Values, each on a line of its own, none of which ends before its end.
_VALUES = re.compile(r'[^"\\\n]*+(?:\\.[^"\\\n]*+)*+(?:\n[^"\\\n]*+(?:\\.[^"\\\n]*+)*+)*+')
# Of what comes over and over, so many characters show all that can be spelled with it: twice of
# what tells a secret, and far more where it may be written in escapes.
_ENOUGH, _ENOUGH_ESCAPED = 256, 2048
_ESCAPES = "\\%&"


class _Form(NamedTuple):
    """What stands before and after the one word in which an event differs from the one before.

    `constant` are the values of each name in such an event, `name` is that of the word.
    """

    before: str
    after: str
    name: str
    constant: dict[str, list[str]]

    def runs_in(self, events: list[str]) -> Iterator[tuple[int, int, list[str]]]:
        """Where events of this form begin and end, and their words; the first and last are none.

        They show the ends of the body, and the last may have been cut.
        """
        before, after = self.before, self.after
        start, stop, least = len(before), -len(after), len(before) + len(after)
        fits = [
            event.startswith(before) and event.endswith(after) and len(event) >= least
            for event in events
        ]
        fits[0] = fits[-1] = False
        end, left = 0, fits.count(True)
        while left:
            begin = fits.index(True, end)
            end = fits.index(False, begin)
            left -= end - begin
            words = [event[start:stop] for event in events[begin:end]]
            if _VALUES.fullmatch("\n".join(words)):
                yield begin, end, words


class _Run(NamedTuple):
    """Events of one form in a row, by their words."""

    form: _Form
    words: list[str]


class Shortened:
    """A body with its alike events put together.

    `text` holds each stretch between two borders that the body holds, and ends where it ends.
    `find` gives the pieces of a text in their order.
    """

    def __init__(self, body: str, find: Callable[[str], Pieces]) -> None:
        self._find = find
        self._sought = 0
        self._parts: list[_Run | str] = []
        if _WORD in body:
            self._parts.append(body)
        else:
            self._take(body.split(_APART))
        self.text = "\n".join(self._once())

    def joined_pieces(self) -> list[str]:
        """For each name that has several values in the body, these one behind the other."""
        found: dict[str, list[str]] = {}
        for part in self._parts:
            if isinstance(part, str):
                for name, value in self._find(part):
                    found.setdefault(name, []).append(value)
            else:
                for name, values in _values_of(part):
                    found.setdefault(name, []).extend(values)
        return ["".join(values) for values in found.values() if len(values) > 1]

    def _once(self) -> Iterator[str]:
        shown: set[tuple[str, str]] = set()
        for part in self._parts:
            if isinstance(part, str):
                yield part
                continue
            if part.form[:2] not in shown:
                shown.add(part.form[:2])
                yield "".join(part.form[:2])
            yield '"' + '"\n"'.join(part.words) + '"'

    def _take(self, events: list[str]) -> None:
        """Sorts events into runs of one form and stretches of others, in their order."""
        form = self._form_in(events)
        if form is None:
            self._parts.append(_APART.join(events))
            return
        others = 0
        for begin, end, words in form.runs_in(events):
            self._take(events[others:begin])
            self._parts.append(_Run(form, words))
            others = end
        self._take(events[others:])

    def _form_in(self, events: list[str]) -> _Form | None:
        """A form that some events have; None of few events, or where none is found."""
        if len(events) < _FEWEST_EVENTS or self._sought >= _MOST_FORMS:
            return None
        self._sought += 1
        some = [event for event in events[:_MOST_COMPARED] if len(event) <= _LONGEST]
        forms = map(self._form_of, some, some[1:])
        return next((form for form in forms if form is not None), None)

    def _around_last_value(self, event: str) -> tuple[str, str]:
        """What stands before and after an event's last value, which others may say otherwise."""
        named = (found for found in reversed(self._find(event)) if found[0])
        name, value = next(named, ("", ""))
        before, mark, _ = event.rpartition(f'"{name}":"{value}"')
        before += mark.removesuffix(f'{value}"')
        return before, event[len(before) + len(value) :]

    def _form_of(self, one: str, other: str) -> _Form | None:
        """The form of two events in a row; None where they differ by more than a word."""
        before, after = self._around_last_value(one) if one == other else _around_word(one, other)
        # Between such, no value of one event goes on in the next, nor in what stands around.
        if not (before.startswith("data: {") and after.endswith("}")):
            return None
        constant: dict[str, list[str]] = {}
        names = []
        for name, value in self._find(f"{before}{_WORD}{after}"):
            if value == _WORD:
                names.append(name)
            else:
                constant.setdefault(name, []).append(value)
        # Where others have its name too, they come between the words.
        sound = len(names) == 1 and names[0] not in constant
        return _Form(before, after, names[0], constant) if sound else None


def _around_word(one: str, other: str) -> tuple[str, str]:
    """What stands before and after the one word in which two events differ."""
    before = _common(one, other).rpartition('"')[0] + '"'
    rests = [event[len(before) :][::-1] for event in (one, other)]
    after = _common(*rests)[::-1]
    return before, after[after.find('"') :] if '"' in after else ""


def _common(one: str, other: str) -> str:
    """What two texts begin with."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return one[:low]


def _values_of(run: _Run) -> Iterator[tuple[str, list[str]]]:
    """The values of each name in events of one form."""
    yield run.form.name, run.words
    for name, values in run.form.constant.items():
        text = "".join(values)
        enough = _ENOUGH_ESCAPED if any(mark in text for mark in _ESCAPES) else _ENOUGH
        times = min(len(run.words), enough // len(text) + 2) if text else 0
        yield name, values * times
