"""What failed, was warned of or was skipped: each distinct failure in full, with every case of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as ET

from gatewayz.core import Outcome, Run, Verdict
from gatewayz.core.access import Access, access_in
from gatewayz.core.attempt import Attempt
from gatewayz.core.curl import curl_for
from gatewayz.core.remedies import advise, warning_text
from gatewayz.core.shown import question_of, shown_by, tries_of
from gatewayz.core.text import excerpt
from gatewayz.reports._blocks import WAY_WORDS
from gatewayz.reports._markup import Node, coded, el, name_of
from gatewayz.reports._page import facts
from gatewayz.reports._panel import headline, told_of
from gatewayz.reports._widgets import pill
from gatewayz.reports.run_page.groups import Group
from gatewayz.reports.run_page.timeline import tries_picture

_EVIDENCE_CHARS = 2000
# What we say ourselves, in our own words.
_OURS = ("cause", "remedy")
# A longer command has a whole picture in it, or a long text; the json report keeps it.
_COMMAND_CHARS = 8000


def failure_cards(run: Run, groups: Sequence[Group]) -> Iterator[Node]:
    """A card for each distinct failure."""
    if not groups:
        yield el("p", "None.", cls="none")
        return
    yield el("div", *(_card(run, group) for group in groups), cls="cards")


def _card(run: Run, group: Group) -> ET.Element:
    verdict = group.verdicts[0]
    access = access_in(run, verdict.observation.case)
    failed = verdict.outcome is Outcome.FAILED
    count = len(group.verdicts)
    head = el("h3", headline(verdict) or verdict.outcome.value)
    where = el("p", pill("failed" if failed else "unknown", "bad" if failed else "unknown"), " ", cls="where")  # fmt: skip
    where.extend(_place(verdict))
    if count > 1:
        where.append(el("span", f" and {count - 1:,} more alike"))
    told = told_of(verdict, access) if failed else _reason(verdict, access)
    return el(
        "article",
        head,
        where,
        facts([*((w, coded(t) if w in _OURS else t) for w, t in told), *_evidence(verdict, told)]),
        *_command(verdict, access),
        tries_picture(tries_of(verdict)),
        _others(run, group.verdicts[1:]),
        id=group.id,
        cls=f"card of-{'bad' if failed else 'unknown'}",
    )


def _reason(verdict: Verdict, access: Access) -> list[tuple[str, str]]:
    """Why a case could not be judged."""
    advice = advise(verdict, access)
    told = [("cause", advice.cause or verdict.reason), ("remedy", advice.remedy)]
    return [(word, text) for word, text in told if text]


def _evidence(verdict: Verdict, told: Sequence[tuple[str, str]]) -> Iterator[tuple[str, Node]]:
    """What the failure rests on, where the headline and the lines above have not all of it."""
    text = verdict.failure.evidence if verdict.failure else verdict.reason
    short = " ".join(text.split())
    if short and short not in headline(verdict) and all(short not in words for _, words in told):
        yield "evidence", excerpt(text, _EVIDENCE_CHARS)


def _place(verdict: Verdict) -> Iterator[ET.Element]:
    """Gateway, model and probe of a case."""
    case = verdict.observation.case
    yield el("bdi", case.gateway)
    if case.model is not None:
        yield el("span", " / ", name_of(case.model.id))
    yield el("span", f" / {case.probe}" + (f" ({WAY_WORDS[case.way]})" if case.way == "api" else ""))  # fmt: skip


def _command(verdict: Verdict, access: Access) -> Iterator[ET.Element]:
    shown = shown_by(verdict)
    if shown is None or not shown.url:
        return
    yield el("pre", _curl(shown, verdict, access), tabindex="0", aria_label="The command that repeats it")  # fmt: skip


def _curl(shown: Attempt, verdict: Verdict, access: Access) -> str:
    command = curl_for(shown, access, question_of(verdict))
    if len(command) <= _COMMAND_CHARS:
        return command
    return f"{command[:_COMMAND_CHARS]}...\n# cut here; --report json=FILE has the whole command"


def _others(run: Run, verdicts: Sequence[Verdict]) -> ET.Element | None:
    """The other cases of the same failure, each with its own words and command."""
    if not verdicts:
        return None
    items = []
    for verdict in verdicts:
        access = access_in(run, verdict.observation.case)
        items.append(
            el(
                "li",
                el("details", el("summary", *_place(verdict)), el("p", headline(verdict)), *_command(verdict, access)),
            )
        )  # fmt: skip
    words = "The other case" if len(items) == 1 else f"The other {len(items):,} cases"
    return el("details", el("summary", words), el("ul", *items))


def warnings(verdicts: Sequence[Verdict]) -> Iterator[Node]:
    """Each kind of warning with where it was met."""
    kinds: dict[str, list[tuple[Verdict, str]]] = {}
    for verdict in verdicts:
        for finding in verdict.warnings:
            name = finding.kind or finding.failure_class
            text = warning_text(finding).removeprefix(f"{name}: ")
            kinds.setdefault(name, []).append((verdict, text))
    if not kinds:
        return
    cards = [_warning(name, met) for name, met in kinds.items()]
    yield el("div", *cards, cls="cards")


def _warning(name: str, met: Sequence[tuple[Verdict, str]]) -> ET.Element:
    texts: dict[str, list[Verdict]] = {}
    for verdict, text in met:
        texts.setdefault(text, []).append(verdict)
    told = [el("p", excerpt(text, _EVIDENCE_CHARS)) for text in list(texts)[:1]]
    items = (
        el("li", *_place(verdict), "" if text in list(texts)[:1] else f": {excerpt(text, 300)}")
        for text, verdicts in texts.items()
        for verdict in verdicts
    )
    words = "answer" if len(met) == 1 else "answers"
    where = el("details", el("summary", f"{len(met):,} {words}"), el("ul", *items))
    return el("article", el("h3", name), *told, where, cls="card of-warn")


def skipped(verdicts: Sequence[Verdict]) -> Iterator[Node]:
    """What was not asked, by the reason."""
    reasons: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        if verdict.outcome is Outcome.SKIPPED:
            reasons.setdefault(verdict.reason, []).append(verdict)
    if not reasons:
        return
    items = []
    for reason, found in reasons.items():
        places = el("ul", *(el("li", *_place(verdict)) for verdict in found))
        what = f"{len(found):,} skipped: " if len(found) > 1 else ""
        items.append(el("details", el("summary", f"{what}{reason or 'no reason kept'}"), places))
    yield el("div", *items)
