"""JUnit XML, as CI systems read it: one suite per gateway and way, one case per verdict.

Failed is a failure, unknown an error, skipped is skipped. Source of the shape:
https://github.com/testmoapp/junitxml (read 2026-11-23).
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable
from datetime import UTC
from xml.etree import ElementTree as ET

from gatewayz.core import Outcome, Run, Summary, Verdict
from gatewayz.core.access import Access, access_in
from gatewayz.core.curl import curl_for
from gatewayz.core.quarantine import Quarantined, quarantine_in
from gatewayz.core.remedies import advise, warning_text
from gatewayz.core.shown import forms_tried, question_of, shown_by
from gatewayz.core.text import visible
from gatewayz.measure import is_a_list, waited_s
from gatewayz.reports._blocks import lanes_of
from gatewayz.reports._panel import others
from gatewayz.reports._report import Report


def render(run: Run, summary: Summary) -> bytes:
    """The XML document; the same bytes for the same run."""
    apart = quarantine_in(run)
    root = ET.Element("testsuites", name="gatewayz")
    all_counts: Counter[str] = Counter()
    all_seconds = 0.0
    for lane, verdicts in lanes_of(run).items():
        suite = ET.SubElement(root, "testsuite", name=_safe(lane.title))
        started = run.started_at.astimezone(UTC)
        suite.set("timestamp", started.strftime("%Y-%m-%dT%H:%M:%S"))
        counts: Counter[str] = Counter()
        seen: Counter[str] = Counter()
        seconds = 0.0
        odd_lists = [verdict for verdict in verdicts if is_a_list(verdict)]
        for verdict in verdicts:
            if verdict in odd_lists:
                continue
            case = verdict.observation.case
            seen[case.id] += 1
            # A catalogue may list an id twice; readers of JUnit merge cases of one name.
            twin = f" ({seen[case.id]})" if seen[case.id] > 1 else ""
            spared = apart.spared(verdict)
            seconds += _case(suite, verdict, access_in(run, case), twin, spared)
            counts[Outcome.SKIPPED if spared else verdict.outcome] += 1
        if summary.notes:
            properties = ET.Element("properties")
            for note in summary.notes:
                ET.SubElement(properties, "property", name="note", value=_safe(note))
            suite.insert(0, properties)
        if odd_lists:
            ET.SubElement(suite, "system-out").text = _warnings_of(odd_lists)
        _set_counts(suite, counts, seconds)
        all_counts += counts
        all_seconds += seconds
    _set_counts(root, all_counts, all_seconds)
    ET.indent(root)
    out = io.BytesIO()
    ET.ElementTree(root).write(out, encoding="utf-8", xml_declaration=True)
    return out.getvalue() + b"\n"


def _set_counts(element: ET.Element, counts: Counter[str], seconds: float) -> None:
    element.set("tests", str(counts.total()))
    element.set("failures", str(counts[Outcome.FAILED]))
    element.set("errors", str(counts[Outcome.UNKNOWN]))
    element.set("skipped", str(counts[Outcome.SKIPPED]))
    element.set("time", f"{seconds:.3f}")


def _case(
    suite: ET.Element,
    verdict: Verdict,
    access: Access,
    twin: str,
    spared: Quarantined | None,
) -> float:
    """Adds one test case; returns its seconds."""
    seen = verdict.observation
    seconds = (waited_s(seen.last) if seen.last else None) or 0.0
    element = ET.SubElement(
        suite,
        "testcase",
        name=_safe(seen.case.id + twin),
        classname=_safe(suite.get("name", "")),
        time=f"{seconds:.3f}",
    )
    advice = advise(verdict, access)
    match verdict.outcome:
        case _ if spared is not None:
            ET.SubElement(element, "skipped", message=_safe(spared.told_of(verdict)))
        case Outcome.SKIPPED:
            ET.SubElement(element, "skipped", message=_safe(verdict.reason or advice.cause))
        case Outcome.FAILED | Outcome.UNKNOWN:
            failed = verdict.outcome is Outcome.FAILED
            label = verdict.failure.label if verdict.failure else "unknown"
            problem = ET.SubElement(
                element,
                "failure" if failed else "error",
                message=_safe(f"{label}: {advice.cause}"),
                type=_safe(label),
            )
            problem.text = _body(verdict, access)
    if verdict.warnings:
        ET.SubElement(element, "system-out").text = _warnings_of([verdict])
    return seconds


def _warnings_of(verdicts: Iterable[Verdict]) -> str:
    found = (finding for verdict in verdicts for finding in verdict.warnings)
    return _safe("\n".join(f"warning: {warning_text(finding)}" for finding in found))


def _body(verdict: Verdict, access: Access) -> str:
    advice, shown = advise(verdict, access), shown_by(verdict)
    evidence = verdict.failure.evidence if verdict.failure else verdict.reason
    lines = [
        ("points at", str(verdict.failure.culprit) if verdict.failure else ""),
        ("cause", advice.cause),
        ("remedy", advice.remedy),
        *(("also", other) for other in others(verdict)),
        ("tried", forms_tried(verdict)),
        ("status", str(shown.status) if shown and shown.status else ""),
        ("evidence", evidence),
        ("repeat", curl_for(shown, access, question_of(verdict)) if shown else ""),
    ]
    return _safe("\n".join(f"{word}: {text}" for word, text in lines if text))


def _safe(text: str) -> str:
    """Nothing that XML 1.0 forbids: every such character is one that nobody can see."""
    return visible(text, keep_newlines=True)


REPORT = Report(
    name="junit",
    title="test cases, for CI systems",
    suffix=".xml",
    media_type="application/xml",
    render=render,
)
