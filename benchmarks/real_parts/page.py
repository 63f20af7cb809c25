"""What came of the real parts, as a page of the docs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version

from benchmarks.real_parts.asked import TINY, Part
from gatewayz.core import Outcome, Verdict
from gatewayz.core.text import excerpt, visible

# By part, in the order of the columns: the verdict of each probe.
Seen = Sequence[tuple[Part, Mapping[str, Verdict]]]

_EVIDENCE = 200
_INTRODUCTION = """\
# Real parts

The `full` preset, put to software that is not ours: llama.cpp's HTTP server with
[a model of 0.8 MB](../src/gatewayz/engine/HOW_IT_WAS_MADE.md), and the gateways of Portkey and LiteLLM
in front of it and in front of the simulator's honest model. Run on {date} with Gatewayz
{gatewayz}, xllamacpp {xllamacpp}, Portkey {portkey} and LiteLLM {litellm}, all on loopback;
`python -m benchmarks.real_parts` runs it again and writes this page, and `make test-peers` holds the
same in tests.

The tiny model knows a few answers by heart and can neither copy, remember nor see, so what it fails points
at the model or the feature. What only one column of a row shows is the doing of what stands between.
`not-as-asked` is an answer that is none to the question, told by its evidence. All names are in
[Failures](failures.md).
"""


def page(seen: Seen, peers: Mapping[str, str]) -> str:
    """The page; `peers` are the versions of the other gateways by name."""
    head = _INTRODUCTION.format(
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        gatewayz=version("gatewayz"),
        xllamacpp=version("xllamacpp"),
        portkey=peers["Portkey"],
        litellm=peers["LiteLLM"],
    )
    engine = [one for one in seen if one[0].model == TINY]
    others = [one for one in seen if one[0].model != TINY]
    sections = [
        ("The engine", "\n".join(_outcomes(engine))),
        ("The simulator's honest model", "\n".join(_outcomes(others))),
        ("What failed, and who is held responsible", "\n".join(_failures(seen))),
    ]
    return (
        "\n".join([head, *(f"## {title}\n\n{text}\n" for title, text in sections)]).rstrip() + "\n"
    )


def _outcomes(seen: Seen) -> Iterator[str]:
    yield _row("probe", *(_short(part) for part, _ in seen))
    yield _row(*["---"] * (len(seen) + 1))
    for probe in seen[0][1]:
        yield _row(f"`{probe}`", *(_cell(verdicts[probe]) for _, verdicts in seen))


def _failures(seen: Seen) -> Iterator[str]:
    """A row for each probe and name, with the first evidence for it."""
    yield _row("probe", "name", "points at", "seen at", "evidence")
    yield _row(*["---"] * 5)
    for probe in seen[0][1]:
        by_name: dict[tuple[str, str], list[tuple[Part, str]]] = {}
        for part, verdicts in seen:
            found = verdicts[probe].failure
            if found is not None:
                place = by_name.setdefault((found.label, found.culprit.value), [])
                place.append((part, found.evidence))
        for (name, culprit), places in by_name.items():
            where = _where([part for part, _ in places])
            yield _row(f"`{probe}`", f"`{name}`", culprit, where, _quoted(places[0][1]))


def _cell(verdict: Verdict) -> str:
    if verdict.failure is not None:
        return f"{verdict.outcome.value} `{verdict.failure.label}`"
    warnings = ", ".join(f"`{found.kind or found.failure_class}`" for found in verdict.warnings)
    if verdict.outcome is Outcome.PASSED and warnings:
        return f"passed, {warnings}"
    return verdict.outcome.value


def _where(parts: Sequence[Part]) -> str:
    """The places, each subject named once."""
    by_subject: dict[str, list[str]] = {}
    for part in parts:
        by_subject.setdefault(part.title.partition(" through ")[0], []).append(_short(part))
    return "; ".join(f"{subject}: {', '.join(ways)}" for subject, ways in by_subject.items())


def _short(part: Part) -> str:
    """The title without what the section's own says."""
    _, through, way = part.title.partition(" through ")
    return f"through {way}" if through else "itself"


def _quoted(evidence: str) -> str:
    """Model output is hostile text: on one line, and in marks that it cannot close."""
    line = " ".join(visible(excerpt(evidence, _EVIDENCE)).split())
    return f"`{line.replace('`', chr(39)).replace('|', '¦')}`"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"
