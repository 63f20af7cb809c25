"""A watch that may not ask: the day's cap is used up. It is told once, and once more when it asks again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from gatewayz.core.text import visible
from gatewayz.core.units import show_moment
from gatewayz.core.watching import LISTS, Condition, Notice
from gatewayz.watch.words import iso, message_id

BLIND, ASKING = "blind", "asking"
_MOST_NAMES = 10


class Blindness:
    """Remembers whether it was told. `told` is whether the last word on it was that nobody is asked."""

    def __init__(self, *, told: bool = False) -> None:
        self._told = told

    @classmethod
    def after(cls, notices: Iterable[Notice]) -> Blindness:
        """One that goes on after these notices, the newest first."""
        last = next((one.kind for one in notices if one.kind in (BLIND, ASKING)), ASKING)
        return cls(told=last == BLIND)

    def notices(
        self, conditions: Iterable[Condition], at: datetime, why: str = ""
    ) -> tuple[Notice, ...]:
        """What is to be told by now; `why` is what the ledger said of the last that was not sent."""
        conditions = tuple(conditions)
        blind = unasked(conditions)
        if bool(blind) is self._told:
            return ()
        self._told = bool(blind)
        return (_blind(blind, len(_questions(conditions)), at, why) if blind else _asking(at),)


def unasked(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    """The questions that are not put, since the day's cap is used up; not those of whole models."""
    return tuple(one for one in _questions(conditions) if one.unasked_since is not None)


def until(since: datetime) -> datetime:
    """When the cap that was used up at a moment is a new one: the next midnight, UTC."""
    return since.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def told(blind: Sequence[Condition], of: Iterable[Condition], at: datetime) -> str:
    """For people: how many questions are not put, since when, and until when."""
    moments = [one.unasked_since for one in blind if one.unasked_since is not None]
    over = until(max(moments))
    why = (
        f"the day's cap is used up until {show_moment(over)}"
        if at < over
        else "the day's cap was used up when they were last due"
    )
    count = f"{len(blind)} of {len(_questions(of))} questions"
    return f"{count} not asked since {show_moment(min(moments))}: {why}"


def _questions(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    """What is put to models: a look into a list takes nothing of a cap, and is no question."""
    return tuple(
        one
        for one in conditions
        if one.target.model and one.target.probe and one.target.probe not in LISTS
    )


def _blind(blind: Sequence[Condition], of: int, at: datetime, why: str) -> Notice:
    names = sorted({visible(one.target.gateway) for one in blind})
    lines = [
        f"The day's cap is used up until {show_moment(until(at))}: what fails there meanwhile is not seen."
    ]
    lines.append("Others may follow as the rest of it goes; gatewayz watch --show names them all.")
    lines += [visible(why)] if why else []
    lines += [f"- {name}" for name in names[:_MOST_NAMES]]
    lines += [f"and {len(names) - _MOST_NAMES} more"] if len(names) > _MOST_NAMES else []
    return Notice(
        id=message_id(BLIND, iso(at)),
        kind=BLIND,
        at=at,
        title=f"BLIND: {len(blind)} of {of} questions not asked, the day's cap is used up",
        text="\n".join(lines),
        details={
            "since": iso(at),
            "until": iso(until(at)),
            "questions": len(blind),
            "gateways": names,
            "reason": visible(why),
        },
    )


def _asking(at: datetime) -> Notice:
    return Notice(
        id=message_id(ASKING, iso(at)),
        kind=ASKING,
        at=at,
        title="WATCHING AGAIN: every question is asked",
        text=f"All that the day's cap kept from being asked is asked again, since {show_moment(at)}.",
        details={"since": iso(at)},
    )
