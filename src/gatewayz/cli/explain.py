"""`gatewayz explain NAME`: what a name in the printout means and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gatewayz.cli import options
from gatewayz.cli.sections import SectionedCommand

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from gatewayz.core import Kind, Probe
    from gatewayz.core.healthy import Habit

_LABEL_COLUMNS = 11
_STATUS_DIGITS = 3
_SHORTEST_PART = 3
_MORE = ("explain", "gatewayz explain NAME")

Told = tuple[tuple[str, str], ...]


def _complete(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    return [
        CompletionItem(name, help=words)
        for section in _names().values()
        for name, words in section.items()
        if name.startswith(incomplete)
    ]


@click.command(
    "explain",
    cls=SectionedCommand,
    short_help="Say what a failure's name means and what to do.",
)
@click.argument("name", required=False, shell_complete=_complete)
@options.format_option
def command(name: str | None, **parameters: Any) -> None:
    """Say what a failure's name means and what to do.

    NAME is that of a failure, of a class of failures, of a probe, of a preset of probes, or of a
    habit that is odd but harmless; a status such as 429, or a part of a name, lists what it may
    mean. Without NAME, lists every name.
    """
    as_json = parameters["format"] == "json"
    if name is None:
        _print_names() if as_json else _list()
        return
    name = _meant(name)
    title, told = _explained(name)
    if as_json:
        _print_json(name, title, told)
        return
    for line in _shown(f"{name}: ", title, indent="  "):
        click.echo(line)
    for label, words in told:
        for line in _shown(f"{label}:".ljust(_LABEL_COLUMNS), words, indent=" " * _LABEL_COLUMNS):
            click.echo(line)


def _names() -> dict[str, dict[str, str]]:
    """Every name with a line about it, by sort."""
    from gatewayz.core.healthy import HABITS
    from gatewayz.core.kinds import CLASS_CULPRITS, KINDS
    from gatewayz.probes import PROBES
    from gatewayz.probes._presets import PRESETS

    # One class has the name of its commonest failure, which then is explained.
    classes = {c: whom for c, whom in CLASS_CULPRITS.items() if c not in KINDS}
    return {
        "Failures and warnings": {kind.name: kind.cause for kind in KINDS.values()},
        "Odd but harmless, never reported": {h.name: h.looks for h in HABITS.values()},
        "Classes of failures": {c: f"Points at {whom}." for c, whom in classes.items()},
        "Probes": {name: f"{PROBES[name].title}." for name in PROBES},
        "Presets of probes": {name: _sentence(words) for name, words in PRESETS.items()},
    }


def _list() -> None:
    from textwrap import wrap

    from gatewayz.reports._wrapping import WIDTH

    names = _names()
    width = max(len(name) for section in names.values() for name in section)
    for number, (title, section) in enumerate(names.items()):
        click.echo(f"{title}:" if number == 0 else f"\n{title}:")
        for name, words in section.items():
            first, *rest = wrap(words, WIDTH - width - 4)
            click.echo(f"  {name:{width}}  {first}")
            for line in rest:
                click.echo(" " * (width + 4) + line)


def _print_names() -> None:
    from gatewayz.cli import documents

    documents.echo(
        documents.document(
            "names/1",
            names=[
                {"name": name, "sort": sort, "means": words}
                for sort, section in _names().items()
                for name, words in section.items()
            ],
        )
    )


def _print_json(name: str, title: str, told: Told) -> None:
    from gatewayz.cli import documents

    more = [{"label": label, "words": words} for label, words in told]
    documents.echo(documents.document("explanation/1", name=name, means=title, more=more))


def _meant(word: str) -> str:
    """The name that a word stands for, however it is spelt; the word itself when there is none.

    A status may stand there as panels print it: "HTTP 402", with the name behind it or without.
    """
    start, _, rest = word.strip().partition(" ")
    if start.upper() == "HTTP" and rest[:_STATUS_DIGITS].isdigit():
        word = rest[_STATUS_DIGITS:].strip() or rest[:_STATUS_DIGITS]
    known = [name for section in _names().values() for name in section]
    spelt = {_spelling(name): name for name in reversed(known)}
    return word if word in known else spelt.get(_spelling(word), word)


def _spelling(word: str) -> str:
    return "-".join(word.lower().replace("_", " ").replace("-", " ").split())


def _explained(name: str) -> tuple[str, Told]:
    """The line about a name, and what else there is to tell. Raises: UnknownName."""
    from gatewayz.core.errors import UnknownName
    from gatewayz.core.healthy import HABITS
    from gatewayz.core.kinds import CLASS_CULPRITS, KINDS
    from gatewayz.probes import PROBES
    from gatewayz.probes._presets import PRESETS

    if name in KINDS:
        return KINDS[name].cause, _of_kind(KINDS[name])
    if name in HABITS:
        return HABITS[name].looks, _of_habit(HABITS[name])
    if name in CLASS_CULPRITS:
        return "A class of failures.", _of_class(name)
    if name in PROBES:
        return f"{PROBES[name].title}.", _of_probe(PROBES[name])
    if name in PRESETS:
        return _sentence(PRESETS[name]), _of_preset(name)
    if names := _names_of_status(name):
        return "A status of HTTP.", (("may be", names), _MORE)
    if names := _names_with(name):
        return "A part of these names.", (("names", names), _MORE)
    raise UnknownName("name", name, [known for part in _names().values() for known in part])


def _of_kind(kind: Kind) -> Told:
    from gatewayz.core.culprits import elsewhere
    from gatewayz.core.kinds import FAILS_WITHOUT_ANSWER, SKIPS_WITHOUT_ANSWER
    from gatewayz.core.remedies import remedy_in_general
    from gatewayz.core.telling import how_told

    without = "unknown"
    if kind.name in FAILS_WITHOUT_ANSWER | SKIPS_WITHOUT_ANSWER:
        without = "failed" if kind.name in FAILS_WITHOUT_ANSWER else "skipped"
    verdict = {"F": "the case fails", "W": f"a warning; {without} where no usable answer came"}
    retry = {
        "no": "never",
        "yes": "with growing pauses",
        "hint": "when the server says so",
        "once": "once",
        "inner": "as what it was refused with would be: a breakdown with pauses",
    }
    told = [
        ("points at", f"{kind.culprit} (class {kind.failure_class})"),
        ("remedy", remedy_in_general(kind)),
        ("told by", how_told(kind)),
        ("verdict", verdict[kind.verdict]),
        ("retried", retry[kind.retry]),
    ]
    if other := elsewhere(kind):
        told.insert(1, ("or at", other))
    if kind.statuses:
        told.append(("statuses", ", ".join(map(str, kind.statuses))))
    return tuple(told)


def _of_habit(habit: Habit) -> Told:
    return (
        ("harmless", habit.harmless),
        ("verdict", "none: it is read as meant, and not reported"),
    )


def _names_of_status(status: str) -> str:
    """The failures that a status may mean, with commas between them."""
    from gatewayz.core.kinds import KINDS
    from gatewayz.core.telling import how_told

    if not (status.isdigit() and len(status) == _STATUS_DIGITS):
        return ""
    found = []
    for kind in KINDS.values():
        named = {part for part in kind.name.split("-") if part.isdigit()}
        told = int(status) in kind.statuses or status in how_told(kind)
        # One that has a status in its name comes with no other.
        if status in named or (told and not named):
            found.append(kind.name)
    return ", ".join(found)


def _names_with(word: str) -> str:
    """The names that hold a word, with commas between them; "" for a word of a letter or two."""
    spelt = _spelling(word)
    if len(spelt) < _SHORTEST_PART:
        return ""
    known = (name for section in _names().values() for name in section)
    return ", ".join(name for name in known if spelt in _spelling(name))


def _of_class(name: str) -> Told:
    from gatewayz.core.kinds import CLASS_CULPRITS, KINDS
    from gatewayz.core.telling import how_class_told

    names = [kind.name for kind in KINDS.values() if kind.failure_class == name]
    return (
        ("told by", how_class_told(name)),
        ("points at", f"{CLASS_CULPRITS[name]}, unless its name says otherwise"),
        ("names", ", ".join(names)),
    )


def _of_probe(probe: Probe) -> Told:
    presets = ", ".join((*sorted(probe.presets), "full"))
    questions = 1 + len(probe.then)
    return (
        ("asks", f"{questions} question{'' if questions == 1 else 's'}"),
        ("needs", ", ".join(sorted(probe.needs))),
        ("presets", presets),
        ("run it", f"gatewayz test --probe {probe.name}"),
    )


def _of_preset(name: str) -> Told:
    from gatewayz.probes._presets import preset

    return (
        ("probes", ", ".join(preset(name))),
        ("run it", f"gatewayz test --probe {name}"),
    )


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def _shown(start: str, words: str, *, indent: str) -> list[str]:
    """A label and its words, wrapped below each other."""
    import textwrap

    return textwrap.wrap(
        f"{start}{words}",
        78,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
