"""The panel below a line: what broke, whose side it lies on, why, what to do, how to see it again.

A failure that a block has told already is told in one line that points back at it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from gatewayz.core import KINDS, Culprit, Failure, Finding, Gateway, Outcome, Verdict
from gatewayz.core.access import Access, access_to
from gatewayz.core.attempt import Attempt, FaultName
from gatewayz.core.curl import curl_lines, is_shortened, key_variable, leaves_out_a_picture
from gatewayz.core.remedies import Advice, advise, warning_text
from gatewayz.core.shown import forms_tried, question_of, shown_by, tries_of
from gatewayz.core.text import excerpt, fit, visible
from gatewayz.core.units import show_seconds
from gatewayz.core.wire_faults import went_stale
from gatewayz.reports._wrapping import INDENT, WIDTH, wrapped

_EVIDENCE_CHARS = 200
# Cause and remedy of a verdict, for a gateway that is reached so.
Advisor = Callable[[Verdict, Gateway | Access | None], Advice]

# So much of an answer's beginning tells that it is quoted already.
_TOLD_CHARS = 40
_ESCAPES = re.compile(r"\\(?:n|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})")
# Of a body that is no error in words, less is shown: few people read it there.
_BODY_CHARS = 120
# A body with more of it that nobody can read is no text.
_UNREADABLE_SHARE = 0.1
# Further failures of which the cause alone would not do: which status was inside which?
_SEEN_TOO = frozenset({"status-flattened"})
# What was asked tells these apart: one name, or none, for many a question that was not met.
_BY_QUESTION = frozenset({None, "not-as-asked"})
_REQUEST_IDS = ("x-request-id", "request-id", "x-generation-id", "cf-ray")


class Panels:
    """What stands below the lines of one block; each distinct failure in full once.

    `access` fills in the remedies, `width` is the columns of a line, `advisor` has the words.
    """

    def __init__(
        self,
        access: Gateway | Access | None = None,
        *,
        width: int = WIDTH,
        advisor: Advisor = advise,
    ) -> None:
        self._access, self._width, self._advisor = access, width, advisor
        self._told: dict[tuple[str, ...], tuple[str, str]] = {}

    def below(self, verdict: Verdict, place: str, *, headed: bool = False) -> list[str]:
        """The indented lines below a verdict that stands at `place`, such as "[2/9]".

        `headed` says that its headline stands above already.
        """
        lines: list[str] = []
        if headed:
            lines += self._panel(verdict)
        elif verdict.outcome is not Outcome.PASSED:
            lines += self._of_failure(verdict, place)
        for finding in _beside_the_failure(verdict):
            name = finding.kind or finding.failure_class
            known = self._told.setdefault(("warning", name), (place, finding.saw))
            if known[0] == place:
                text = f"warning: {warning_text(finding)}"
                lines += wrapped(text, INDENT, break_words=True, width=self._width)
            else:
                lines.append(self._again(f"warning: {name}", known, finding.saw))
        return lines

    def _of_failure(self, verdict: Verdict, place: str) -> list[str]:
        evidence = _waited(verdict) or _evidence(verdict)
        known = self._first(verdict, place, evidence)
        if known[0] == place:
            head = wrapped(headline(verdict), INDENT, break_words=True, width=self._width)
            return [*head, *self._panel(verdict)]
        if verdict.failure is None:
            return wrapped(headline(verdict), INDENT, break_words=True, width=self._width)
        return [self._again(f"{_status(verdict)}{verdict.failure.label}", known, evidence)]

    def _first(self, verdict: Verdict, place: str, evidence: str) -> tuple[str, str]:
        """Where the same failure was told first, and in which words.

        What a plain answer met with is no news of a feature that meets with the same.
        """
        sort, here = sort_of(verdict), (place, evidence)
        label = verdict.failure.label if verdict.failure is not None else ""
        plainly = ("plainly", label, evidence)
        if _feature(verdict) and evidence and plainly in self._told:
            return self._told[plainly]
        known = self._told.setdefault(sort, here)
        if not _feature(verdict):
            self._told.setdefault(plainly, known)
        return known

    def _panel(self, verdict: Verdict) -> list[str]:
        return panel(verdict, self._access, width=self._width, advisor=self._advisor)

    def _again(self, name: str, known: tuple[str, str], evidence: str) -> str:
        """One line for what was told before; what is new about it stands at its end."""
        place, told = known
        news = f": {excerpt(evidence, _EVIDENCE_CHARS)}" if evidence != told else ""
        text = visible(f"{name} (see {place}){news}")
        return INDENT + fit(text, self._width - len(INDENT)).rstrip()


def headline(verdict: Verdict) -> str:
    """In one line what happened: status, name, the provider's own words where it said something."""
    failure = verdict.failure
    if failure is None or verdict.outcome is Outcome.SKIPPED:
        reason = excerpt(verdict.reason.strip().split("\n")[0], _EVIDENCE_CHARS)
        return f"{failure.label}: {reason}" if failure is not None else reason
    words = _waited(verdict) or excerpt(_words(verdict), _EVIDENCE_CHARS)
    if not words and verdict.observation.case.model is None:
        words = "in place of the model list"
    return f"{_status(verdict)}{failure.label}" + (f": {words}" if words else "")


def panel(
    verdict: Verdict,
    access: Gateway | Access | None = None,
    *,
    width: int = WIDTH,
    advisor: Advisor = advise,
) -> list[str]:
    """The lines under a headline: whose side, cause, remedy, and the command that repeats it."""
    if verdict.failure is None or verdict.outcome is Outcome.SKIPPED:
        return []
    lines: list[str] = []
    for word, text in told_of(verdict, access, advisor=advisor):
        # Nobody copies out of an answer; a remedy may hold a command or an address.
        bent = word in ("saw", "answer")
        lines += wrapped(f"{word}: {text}", INDENT, width=width, break_words=bent)
    return [*lines, *_repeating(verdict, access, width)]


def told_of(
    verdict: Verdict, access: Gateway | Access | None = None, *, advisor: Advisor = advise
) -> list[tuple[str, str]]:
    """What a panel tells of a failure, as words and texts: whose side, cause, remedy, what was seen.

    Nothing for a verdict without one.
    """
    failure, advice = verdict.failure, advisor(verdict, access)
    if failure is None:
        return []
    feature = f" ({_feature(verdict)})" if _feature(verdict) else ""
    told = [
        ("points at", f"{failure.culprit}{feature}{_counted(verdict)}"),
        ("tried", forms_tried(verdict)),
        ("cause", advice.cause),
        ("remedy", advice.remedy),
        ("request id", _request_id(verdict) if "report" in advice.remedy.lower() else ""),
        *(("also", other) for other in others(verdict)),
        ("saw", _body(verdict)),
        ("answer", _answer(verdict)),
    ]
    return [(word, text) for word, text in told if text]


def _repeating(verdict: Verdict, access: Gateway | Access | None, width: int) -> list[str]:
    """The command, on lines of its own so that it can be copied whole; none where none helps."""
    shown = shown_by(verdict)
    if shown is None or not shown.url:
        return []
    known = (access_to(access) if isinstance(access, Gateway) else access) or Access()
    notes = "; ".join(_notes_on_the_command(shown, known))
    head = wrapped(f"repeat ({notes}):" if notes else "repeat:", INDENT, width=width)
    return [
        *head,
        *curl_lines(shown, known, question_of(verdict), width=width, indent=f"{INDENT}  "),
    ]


def _notes_on_the_command(shown: Attempt, access: Access) -> Iterator[str]:
    """What to know before the command is pasted."""
    if shown.had_key and access.key_origin:
        yield f"set {key_variable(access)} first: no shell has it, it is from {access.key_origin}"
    if is_shortened(shown):
        dot = ", with a single dot for the picture" if leaves_out_a_picture(shown) else ""
        yield f"shortened{dot}; --format json has the whole command"


def _counted(verdict: Verdict) -> str:
    """After how many tries, where it took several; what an idle connection lost was none."""
    tries = tries_of(verdict)
    stale = sum(map(went_stale, tries[:-1]))
    told = f", after {len(tries) - stale} tries" if len(tries) - stale > 1 else ""
    return f"{told} ({stale} more lost on idle connections)" if stale else told


def _answer(verdict: Verdict) -> str:
    """What came of an answer all the same, where the evidence does not tell."""
    said = " ".join(verdict.observation.reply.text.split())
    found = verdict.failure
    told = [found.evidence, *others(verdict)] if found else []
    # Where it is quoted its middle may be left out.
    shown = any(_bare(said)[:_TOLD_CHARS] in _bare(text) for text in told)
    return "" if shown else excerpt(said, _EVIDENCE_CHARS)


def _bare(text: str) -> str:
    """The letters and digits of a text, by which two quotations of it are told to be one."""
    return "".join(filter(str.isalnum, _ESCAPES.sub("", text)))


def _evidence(verdict: Verdict) -> str:
    """What was seen, on one line: the provider's own words, or a piece of a body without any."""
    return _words(verdict) or _body(verdict)


def _words(verdict: Verdict) -> str:
    """The provider's own words; "" where they say no more than the status, or there are none."""
    failure, last = verdict.failure, shown_by(verdict)
    if failure is None or _is_raw(verdict):
        return ""
    words = " ".join(failure.evidence.split())
    status = str(last.status) if last is not None and last.status else ""
    if status and words in (status, f"HTTP {status}"):
        return ""
    # The title of an error page begins with the status, which stands before it already.
    return words.removeprefix(f"{status} ") if status else words


def _body(verdict: Verdict) -> str:
    """A piece of a body that holds no error in words; nothing while it was still waited for."""
    failure = verdict.failure
    if failure is None or not _is_raw(verdict) or _waited(verdict):
        return ""
    text = " ".join(failure.evidence.split())
    unreadable = sum(c == "\ufffd" or not c.isprintable() for c in text)
    if unreadable > len(text) * _UNREADABLE_SHARE:
        return "bytes that are no text"
    return excerpt(text, _BODY_CHARS)


def _is_raw(verdict: Verdict) -> bool:
    """Whether the evidence is what came, and not what somebody said about it."""
    failure, last = verdict.failure, shown_by(verdict)
    if failure is None or last is None or not last.excerpt:
        return False
    return failure.evidence == last.excerpt


def others(verdict: Verdict) -> list[str]:
    """The further failures: of each its name, and what it means or what was seen of it."""
    told = (verdict.failure.evidence,) if verdict.failure else ()
    return [_other(found, told) for found in verdict.also]


def _other(found: Failure, told: tuple[str, ...]) -> str:
    row = KINDS.get(found.kind or "")
    seen = excerpt(" ".join(found.evidence.split()), _EVIDENCE_CHARS)
    seen = "" if found.evidence in told else seen
    words = row.cause if row else seen
    if found.kind in _SEEN_TOO and seen:
        words = f"{words.removesuffix('.')}: {seen}"
    return f"{found.label}: {words}" if words else found.label


def _request_id(verdict: Verdict) -> str:
    """What the provider calls the call in its own logs, where it said so."""
    last = shown_by(verdict)
    headers = {name.lower(): value for name, value in last.headers.items()} if last else {}
    said = next((headers[name] for name in _REQUEST_IDS if headers.get(name)), "")
    return excerpt(said, _BODY_CHARS)


def _beside_the_failure(verdict: Verdict) -> list[Finding]:
    """The warnings that say something new: not the failure again, nor that its answer is usable."""
    failure = verdict.failure
    if failure is None or verdict.outcome is Outcome.SKIPPED:
        return list(verdict.warnings)
    said = (
        {failure.kind, "answer-differs"} if failure.failure_class == "semantic" else {failure.kind}
    )
    return [found for found in verdict.warnings if not found.kind or found.kind not in said]


def _waited(verdict: Verdict) -> str:
    """How long was waited for what did not come; "" where the server said what is wrong."""
    last = shown_by(verdict)
    if last is None or last.fault is None or last.fault.name is not FaultName.TIMEOUT:
        return ""
    if last.error is not None and last.error.message:
        return ""
    total_s = last.timing.total_s
    return f"given up after {show_seconds(total_s)}" if total_s is not None else ""


def _status(verdict: Verdict) -> str:
    last = shown_by(verdict)
    return f"HTTP {last.status} " if last and last.status and last.status != 200 else ""


def sort_of(verdict: Verdict) -> tuple[str, ...]:
    """What makes two failures of one gateway the same one to a reader."""
    failure, case = verdict.failure, verdict.observation.case
    if failure is None:
        return ("", verdict.outcome, verdict.reason)
    asked = case.probe if failure.kind in _BY_QUESTION else _feature(verdict)
    return (failure.label, failure.culprit, asked)


def _feature(verdict: Verdict) -> str:
    """The feature that a failure points at; "" when it points elsewhere."""
    seen, failure = verdict.observation, verdict.failure
    if seen.asked is None or failure is None or failure.culprit is not Culprit.FEATURE:
        return ""
    if failure.label.startswith("tool-"):  # be it that none was offered
        return "tools"
    # What is no field of the request has the name of the question about it.
    return seen.asked.feature or (seen.case.probe if seen.case.probe != "chat" else "")
