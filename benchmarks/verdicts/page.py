"""The matrix as a page of the docs, and as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.verdicts.score import Row, Score, Sighting
from gatewayz.core import KINDS, Way
from gatewayz.core.text import visible

# What the matrix is held to; shares of what was planted, and alarms on healthy answers.
AIMS = {"detected": 1.0, "right_class": 0.99, "right_name": 0.97}
MARK = "verdicts"
PAGE = Path(__file__).resolve().parents[2] / "docs" / "verdicts.md"
_WORDS = {
    "detected": "detected",
    "right_class": "right class",
    "right_name": "right name",
    "right_outcome": "right state",
}


def unmet(score: Score) -> list[str]:
    """The aims that were missed, each as a line."""
    lines = [
        f"{_WORDS[what]}: {_percent(share)}, the aim is {_percent(aim)}"
        for what, aim in AIMS.items()
        if (share := score.share(what)) is None or share < aim
    ]
    if score.false_alarms:
        lines.append(f"false alarms: {score.false_alarms} in {score.healthy}, the aim is none")
    return lines


def summary(score: Score) -> list[str]:
    """The figures of the whole, a line each."""
    planted = sum(row.planted for row in score.rows)
    lines = [f"{planted} faults planted, {score.healthy} healthy answers"]
    lines += [f"{words:12} {_percent(score.share(what)):>7}" for what, words in _WORDS.items()]
    lines.append(f"{'false alarms':12} {score.false_alarms:>5} of {score.healthy}")
    lines += [f"  alarm: {words} ({count})" for words, count in score.alarms[:20]]
    for row in score.rows:
        if row.right_name < row.planted:
            instead = ", ".join(f"{name} ({n})" for name, n in row.instead.most_common(4))
            lines.append(f"  {row.mode} ({row.way}): {row.right_name}/{row.planted}; {instead}")
    return lines


def in_detail(seen: Iterable[Sighting]) -> Iterator[str]:
    """Each verdict that was wrong, with what it quotes, a line each."""
    for sighting in seen:
        right = (
            sighting.right_name and sighting.right_outcome
            if sighting.mode
            else not sighting.detected
        )
        if not right:
            names = ", ".join(sighting.names) or "nothing"
            yield (
                f"{sighting.mode or 'healthy'} ({sighting.way}, {sighting.probe}, {sighting.split}):"
                f" {sighting.outcome} {names}: {visible(sighting.evidence)[:200]}"
            )


def headline(score: Score) -> str:
    """The figures of the whole in one sentence."""
    planted = sum(row.planted for row in score.rows)
    modes = len({row.mode for row in score.rows})
    shares = ", ".join(f"{words} {_percent(score.share(what))}" for what, words in _WORDS.items())
    return (
        f"**{planted:,} faults of {modes} modes: {shares}.\n"
        f"False alarms: {score.false_alarms} in {score.healthy:,} healthy answers.**"
    )


def page(
    score: Score,
    *,
    not_applicable: Mapping[tuple[str, Way], str],
    seed: int,
    command: str,
) -> str:
    """docs/verdicts.md."""
    alarms = "\n".join(f"- {words} ({count})" for words, count in score.alarms)
    reasons = "\n".join(
        f"- `{mode}`, {way}: {reason}" for (mode, way), reason in not_applicable.items()
    )
    return f"""# The matrix of verdicts

Each failure mode of [docs/failures.md](failures.md) is planted in the simulator, in random order among
healthy traffic, its answers sent whole, byte by byte and in random splits, asked directly and through
the backend. What was planted is read from the simulator's own log; what was said is the verdict of an
ordinary run. Written by `{command}` (seed {seed}, {datetime.now(UTC):%Y-%m-%d}, gatewayz
{version("gatewayz")}).

{headline(score)}

A name is right when it is the primary one, or, for a mode that is a warning, among those told. The
state is right when the case ended as the table asks: failed, passed with a warning, unknown, skipped.

{_table(score.rows)}

## Not applicable

{reasons or "Every mode can occur on both ways."}

## False alarms

{alarms or "None."}
"""


def _table(rows: Sequence[Row]) -> str:
    head = ["mode", "class", "way", "planted", *_WORDS.values(), "called instead"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for row in rows:
        shares = [_share(getattr(row, what), row.planted) for what in _WORDS]
        instead = ", ".join(f"{name} ({count})" for name, count in row.instead.most_common(3))
        kind = KINDS[row.mode].failure_class
        cells = [f"`{row.mode}`", kind, row.way, str(row.planted), *shares, instead or "-"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _share(count: int, of: int) -> str:
    return "all" if count == of else f"{count}/{of}"


def _percent(share: float | None) -> str:
    return "n/a" if share is None else f"{share * 100:.1f}%"
