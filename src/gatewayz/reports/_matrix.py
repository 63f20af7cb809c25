"""Models against probes: which features work where, so that none of them makes a model look down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from string import ascii_letters
from typing import TextIO

from gatewayz.core import Model, Outcome, Verdict
from gatewayz.core.objectives import DELIVERY_PROBES
from gatewayz.core.text import display_width, fit, visible
from gatewayz.reports._wrapping import wrapped

# Probes that ask for nothing but an answer: a model that passes one of them delivers.
DELIVERY = DELIVERY_PROBES
_NAME_COLUMNS = 24
_NARROW_COLUMNS = 16


@dataclass(frozen=True, slots=True)
class Mark:
    """One sign of the matrix: in Unicode, in ASCII, what it means, which tag has its colour."""

    sign: str
    plain: str
    words: str
    tag: str


WORKS = Mark("✓", "+", "works", "OK")
FAILS = Mark("✗", "x", "fails", "FAIL")
SOMETIMES = Mark("~", "~", "sometimes works", "WARN")
UNKNOWN = Mark("?", "?", "unknown", "UNKNOWN")
NOT_OFFERED = Mark("·", "-", "not offered, or not sent", "SKIP")
MARKS = (WORKS, FAILS, SOMETIMES, UNKNOWN, NOT_OFFERED)
_NOTHING = Mark(" ", " ", "", "")


@dataclass(slots=True)
class Told:
    """The signs that the matrices of a run have explained so far.

    Letters are explained below each matrix: the one before may stand many screens up.
    """

    marks: set[Mark] = field(default_factory=set)


# Puts a colour on a sign; see Terminal.
Paint = Callable[[str, str], str]


def mark_of(outcomes: Sequence[Outcome]) -> Mark:
    """The mark for one model and one probe, over its repeats."""
    if not outcomes:
        return _NOTHING
    passed, failed = Outcome.PASSED in outcomes, Outcome.FAILED in outcomes
    if passed and failed:
        return SOMETIMES
    if passed or failed:
        return WORKS if passed else FAILS
    return UNKNOWN if Outcome.UNKNOWN in outcomes else NOT_OFFERED


def delivers(cells: Mapping[str, Sequence[Outcome]]) -> Mark:
    """Whether a model delivers at all: the outcomes of its plain questions alone decide."""
    outcomes = [outcome for name in DELIVERY for outcome in cells.get(name, ())]
    return WORKS if Outcome.PASSED in outcomes else mark_of(outcomes)


def matrix(
    verdicts: Sequence[Verdict],
    *,
    width: int,
    unicode: bool = True,
    paint: Paint | None = None,
    told: Told | None = None,
) -> list[str]:
    """Lines of at most `width` columns: a row per model, a column per probe, and a legend.

    What was `told` already is not explained again; what is explained here is added to it.
    """
    told = Told() if told is None else told
    probes = tuple(dict.fromkeys(v.observation.case.probe for v in verdicts))
    rows = rows_of(verdicts)
    asked = [name for name in DELIVERY if name in probes]
    leads = {model: delivers(cells) if asked else _NOTHING for model, cells in rows.items()}

    def sign(mark: Mark) -> str:
        drawn = mark.sign if unicode else mark.plain
        return paint(drawn, mark.tag) if paint and mark.tag else drawn

    lines = wrapped(_title(list(leads.values()), asked), "", width=width)
    names = tuple(map(visible, probes))
    columns = _name_columns(len(names), width)
    shown = _names(rows, columns)
    heads, gap, each = heads_of(names, width - columns - 4)
    for start in range(0, len(probes), each):
        group = range(start, min(start + each, len(probes)))
        above = gap.join(heads[at] for at in group)
        lines.append(f"{' ' * (columns + 4)}{above}")
        for model, cells in rows.items():
            name = shown[model]
            marks = [sign(mark_of(cells.get(probes[at], ()))) for at in group]
            pads = [" " * (len(heads[at]) - 1) for at in group]
            signs = gap.join(mark + pad for mark, pad in zip(marks, pads, strict=True))
            lines.append(f"{sign(leads[model])} {name}  {signs}".rstrip())
    if heads != names:
        lines += side_by_side([f"{head} {n}" for head, n in zip(heads, names, strict=True)], width)
    used = {mark_of(outcomes) for cells in rows.values() for outcomes in cells.values()}
    new = [mark for mark in MARKS if mark in used - told.marks]
    told.marks |= used
    if not new:
        return lines
    legend, room = "", 0
    for mark in new:
        takes = len(mark.words) + 5
        legend += "\n" if legend and takes > room else ""
        room = (room if takes <= room else width) - takes
        legend += f"  {sign(mark)} {mark.words} "
    return [*lines, *(line.rstrip() for line in legend.split("\n"))]


def _names(models: Iterable[Model | None], columns: int) -> dict[Model | None, str]:
    """Each model's name in so many columns; of names that begin alike the end is shown, too."""
    whole = {model: visible(model.title if model else "") for model in models}
    shown = {model: fit(name, columns) for model, name in whole.items()}
    alike = Counter(shown.values())
    for model, name in whole.items():
        if alike[shown[model]] > 1 and display_width(name) > columns:
            end = name[-(columns // 2) :]
            while display_width(end) > columns // 2:
                end = end[1:]
            shown[model] = fit(name, columns - display_width(end)) + end
    return shown


def rows_of(verdicts: Sequence[Verdict]) -> dict[Model | None, dict[str, list[Outcome]]]:
    """The outcomes of each model's probes, over the repeats."""
    rows: dict[Model | None, dict[str, list[Outcome]]] = {}
    for verdict in verdicts:
        case = verdict.observation.case
        rows.setdefault(case.model, {}).setdefault(case.probe, []).append(verdict.outcome)
    return rows


def _title(leads: Sequence[Mark], asked: Sequence[str]) -> str:
    """How many models deliver, which is what most readers came for."""
    if not asked:
        return "Features, by model:"
    good = sum(mark is WORKS for mark in leads)
    put = sum(mark is not NOT_OFFERED for mark in leads)
    plain = " or ".join(asked)
    if not put:
        return f"No model was asked for {plain}:"
    verb = "model delivers" if put == 1 else "models deliver"
    others = f", {len(leads) - put} not asked" if put < len(leads) else ""
    return f"{good} of {put} {verb}{others}; the mark before a name says whether {plain} worked"


def _name_columns(probes: int, width: int) -> int:
    """How wide the names are: narrower where all marks then stand on one line."""
    left = width - 4 - (2 * probes - 1)
    return left if _NARROW_COLUMNS <= left < _NAME_COLUMNS else _NAME_COLUMNS


def heads_of(
    probes: tuple[str, ...], room: int, *, widest: int = 1
) -> tuple[tuple[str, ...], str, int]:
    """What stands above the columns, what between them, and how many of them fit.

    `widest` is the widest of what stands in a column, `room` the columns there are for all.
    """
    if sum(max(len(name), widest) + 2 for name in probes) - 2 <= room:
        return probes, "  ", len(probes)
    if len(probes) <= len(ascii_letters):
        return tuple(ascii_letters[: len(probes)]), " ", max(1, (room + 1) // (widest + 1))
    digits = len(str(len(probes)))
    numbers = tuple(str(n).rjust(digits) for n in range(1, len(probes) + 1))
    return numbers, " ", max(1, (room + 1) // (max(digits, widest) + 1))


def side_by_side(items: Sequence[str], width: int) -> list[str]:
    """Items in columns, filled row by row."""
    column = max(map(len, items)) + 2
    each = max(1, (width - 2) // column)
    rows = [items[at : at + each] for at in range(0, len(items), each)]
    return ["  " + "".join(item.ljust(column) for item in row).rstrip() for row in rows]


def can_show(stream: TextIO) -> bool:
    """Whether the stream's encoding has the signs."""
    try:
        "".join(mark.sign for mark in MARKS).encode(stream.encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
