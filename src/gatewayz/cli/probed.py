"""What `gatewayz probe` shows: one verdict, or a line for each and how many passed."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace

import click

from gatewayz.cli import documents
from gatewayz.core import Gateway, Outcome, Spend, Verdict
from gatewayz.core.access import Access
from gatewayz.core.remedies import Advice, advise
from gatewayz.core.text import excerpt
from gatewayz.core.units import show_seconds
from gatewayz.measure import count, ttft_s, waited_s
from gatewayz.reports._counts import beside
from gatewayz.reports._panel import Advisor, Panels
from gatewayz.reports._result import result_of
from gatewayz.reports._spend import spend_lines
from gatewayz.reports._wrapping import INDENT, width_of, wrapped

_TAGS = {Outcome.PASSED: "OK", Outcome.FAILED: "FAIL", Outcome.SKIPPED: "SKIP"}


def print_json(verdicts: Sequence[Verdict], access: Access, spend: Spend | None = None) -> None:
    """The result of one probe as an object, those of several in one; with what they took."""
    results = [result_of(verdict, access) for verdict in verdicts]
    if len(results) == 1:
        documents.echo(documents.document("result/1", **results[0], spend=spend))
    else:
        documents.echo(documents.document("results/1", results=results, spend=spend))


def print_text(
    verdicts: Sequence[Verdict], gateway: Gateway, access: Access, spend: Spend | None = None
) -> None:
    """The verdicts for people; what belongs to one stands below its line, then what all took."""
    width = width_of(sys.stdout, os.environ)
    panels = Panels(access, width=width, advisor=advice_on(gateway))
    model = verdicts[0].observation.case.model
    where = f"{model.id if model else ''} at {gateway.base_url}"
    several = len(verdicts) > 1
    lines = wrapped(where, "", break_words=True, width=width) if several else []
    for verdict in verdicts:
        probe = verdict.observation.case.probe
        head = f"[{_tag(verdict)}] {probe if several else where}{_took(verdict)}"
        lines += wrapped(head, "", break_words=True, width=width)
        if verdict.outcome is Outcome.PASSED:
            lines += _answer(verdict, width)
        if not several:  # below it there may be a command to copy
            lines += _spent(spend, INDENT, width)
        lines += panels.below(verdict, probe)
        if verdict.failure and verdict.failure.failure_class == "auth" and not gateway.key_env:
            lines += wrapped(
                "no key was sent: name its variable with --key-env VAR", INDENT, width=width
            )
    if several:
        counts = count(verdicts)
        told = f"{counts.passed}/{counts.judged} probes passed"
        lines += ["", *_spent(spend, "", width), ", ".join([told, *beside(counts)])]
    click.echo("\n".join(lines))


def _spent(spend: Spend | None, indent: str, width: int) -> list[str]:
    """What it took, and what a cap left out."""
    return [
        line
        for told in spend_lines(spend)
        for line in wrapped(told, indent, break_words=True, width=width)
    ]


def _tag(verdict: Verdict) -> str:
    return _TAGS.get(verdict.outcome, "UNKNOWN")


def _took(verdict: Verdict) -> str:
    last = verdict.observation.last
    seconds = waited_s(last) if last else None
    return f" ({show_seconds(seconds)})" if seconds is not None else ""


def _answer(verdict: Verdict, width: int) -> list[str]:
    """What came, and how soon."""
    seen = verdict.observation
    lines: list[str] = []
    if text := seen.reply.text.strip():
        lines += wrapped(f"answer: {excerpt(text, 200)}", INDENT, break_words=True, width=width)
    first_s = ttft_s(seen.last) if seen.last else None
    if first_s is not None:
        lines += wrapped(f"first token: {show_seconds(first_s)}", INDENT, width=width)
    return lines


def _listing_command(gateway: Gateway) -> str:
    """What lists the models of an endpoint, with the key that was sent there."""
    key = f"LOCAL_API_KEY=${gateway.key_env} " if gateway.key_required else ""
    return f"LOCAL_BASE_URL={gateway.base_url} {key}gatewayz models local"


def advice_on(gateway: Gateway) -> Advisor:
    """Remedies in the terms of this command: its URL has no name, no settings and no catalogue."""
    pace = f"`requests_per_minute` under [gateways.{gateway.name}] in gatewayz.toml"
    instead = {
        f"`gatewayz models {gateway.name}`": f"`{_listing_command(gateway)}`",
        f"Lower `concurrency` or {pace}": "Try again later: something else uses up the limit",
        f", or lower `concurrency` under [gateways.{gateway.name}] in gatewayz.toml": "",
        f"Lower `concurrency` under [gateways.{gateway.name}] in gatewayz.toml": "Try again later",
        " with --exclude": "",
        " (--repeat)": "",
        "; `gatewayz config` shows which keys are found": (
            ", or name another variable with --key-env"
        ),
        "--temperature 1": "GATEWAYZ_TEMPERATURE=1",
        "or --exclude it": "or try another model",
        "`--report json=FILE` keeps": "`--format json` shows",
        " (URL)": "",
        "Set URL to": "Give",
        "set URL to": "give",
        "set URL": "give another URL",
        " Then ask again what failed: `gatewayz test --failed`.": "",
    }

    def advice(verdict: Verdict, access: Gateway | Access | None) -> Advice:
        told = advise(verdict, access)
        remedy = told.remedy
        for words, ours in instead.items():
            remedy = remedy.replace(words, ours)
        return replace(told, remedy=remedy)

    return advice
