"""What `gatewayz bench` shows at the end: a block per target and step, comparisons, our own part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from gatewayz.cli.bench_differences import differences
from gatewayz.cli.bench_table import overview, table
from gatewayz.cli.probed import advice_on
from gatewayz.core import Gateway
from gatewayz.core.access import access_kept
from gatewayz.core.load import LoadFailure, LoadLine, LoadResult, ObjectiveResult
from gatewayz.core.remedies import advise
from gatewayz.core.text import visible
from gatewayz.core.units import show_number, show_seconds, show_usd
from gatewayz.gateways import gateway_names
from gatewayz.measure import METRICS
from gatewayz.reports._panel import Panels
from gatewayz.reports._spend import spend_lines
from gatewayz.reports._wrapping import wrapped
from gatewayz.reports.load._advice import advise_on_load
from gatewayz.reports.load._figures import by_level, route_to

_INDENT = "  "


def printed(result: LoadResult, width: int) -> list[str]:
    """The lines of the whole printout, each of at most `width` columns."""
    fold = partial(wrapped, break_words=True, width=width)
    lines: list[str] = []
    for line in by_level(result):
        lines += [*_block(line, result, width), ""]
    lines += overview(result, width)
    for warm in result.warm_up:
        lines += fold(_warm_up(warm), "")
    lines += [*_failures(result, width)]
    lines += [
        text for one in result.most for text in fold(f"Most load: {one.target}: {one.words}", "")
    ]
    lines += differences(result, width)
    lines += [text for note in result.notes for text in fold(f"Note: {note}", "")]
    if result.stopped_why:
        lines += fold(f"Ended early: {result.stopped_why}", "")
    for told in spend_lines(result.spend, and_odd=False):
        lines += fold(told, "")
    lines += fold(result.self_check.words, "")
    return lines


def _block(line: LoadLine, result: LoadResult, width: int) -> Iterator[str]:
    """One target in one step."""
    fold = partial(wrapped, break_words=True, width=width)
    title = f", {line.title}" if line.title else ""
    route = route_to(result, line.target)
    yield from fold(f"{line.target}{title}{f', {route}' if route else ''}", "")
    yield from fold(_counts(line), _INDENT)
    if line.passed:
        yield from table(line, width)
    if line.passed or line.chunks or line.output_tokens or line.input_tokens or line.costed:
        yield from fold(_tokens(line), _INDENT)
    for told in line.objectives:
        yield from fold(_objective(told), _INDENT)
    if result.objectives and (goodput := _goodput(line)):
        yield from fold(goodput, _INDENT)


def _goodput(line: LoadLine) -> str:
    """How many a second are known to have met every objective, and of how many it is not known."""
    unjudged = sum(line.unjudged.values())
    why = "; ".join(
        f"{reason}{f' ({count})' if len(line.unjudged) > 1 else ''}"
        for reason, count in line.unjudged.items()
    )
    if line.goodput_per_s is None:
        return f"goodput: not measurable: {why}" if unjudged else ""
    told = f"{show_number(line.goodput_per_s)}/s met every objective"
    if not unjudged:
        return f"goodput: {told}"
    judged = line.passed + line.failures - unjudged
    share = "" if line.good is None else f", {line.good} of the {judged} that could be judged"
    return f"goodput: at least {told}{share}; {unjudged} could not: {why}"


def _counts(line: LoadLine) -> str:
    if line.elapsed_s is None:
        return f"nothing was sent{f', {line.unsent} due' if line.unsent else ''}"
    failed = "".join(f", {count} {label}" for label, count in line.failed.items())
    parts = [f"{line.sent} sent", f"{line.passed} passed", f"{line.failures} failed{failed}"]
    if line.unfinished:
        parts.append(f"{line.unfinished} unfinished")
    if line.unsent:
        parts.append(f"{line.unsent} due and not sent")
    rate = (
        ""
        if line.requests_per_s is None
        else f": {show_number(line.requests_per_s)} delivered a second"
    )
    return f"{', '.join(parts)} in {show_seconds(line.elapsed_s)}{rate}"


def _tokens(line: LoadLine) -> str:
    counted = line.token_sources.get("usage", 0)
    ended = line.passed + line.failures
    if line.output_tokens is None:
        told = f"tokens: none reported; {line.chunks:,} chunks"
    else:
        of = "" if counted >= ended else f" of {counted} of {ended}"
        told = f"tokens: {line.output_tokens:,} out (as reported{of})"
        if line.output_tokens_per_s is not None:
            told += f", {show_number(line.output_tokens_per_s)}/s"
    if line.input_tokens is not None:
        told += f"; {line.input_tokens:,} in"
    if line.cost_usd is None:
        return f"{told}; cost not known"
    of = "" if line.costed == ended else f" for {line.costed} of {ended}"
    # What a cache had of the input is cheaper, and not everybody tells by how much.
    most = "at most " if line.costed_at_most else ""
    return f"{told}; {most}{show_usd(line.cost_usd)}{of}"


def _objective(told: ObjectiveResult) -> str:
    word = {True: "met", False: "MISSED", None: "not to be told"}[told.met]
    metric = METRICS[told.objective.metric]
    value = told.estimate.value if told.estimate is not None and told.met is not None else None
    shown = (
        ""
        if value is None
        else f": {show_number(value * metric.display_factor)} {metric.display_unit}"
    )
    return (
        f"objective {told.objective.text}: {word}{shown}{f', {told.words}' if told.words else ''}"
    )


def _warm_up(line: LoadLine) -> str:
    failed = "".join(f", {count} {label}" for label, count in line.failed.items())
    unfinished = f", {line.unfinished} unfinished" if line.unfinished else ""
    told = (
        f"Warm-up of {line.target}, in no figure: {line.sent} sent, {line.passed} passed"
        f"{failed}{unfinished}"
    )
    for name in ("ttft", "latency"):
        found = line.metrics.get(name)
        middle = found.quantiles.get("p50") if found is not None else None
        if middle is not None and middle.value is not None:
            return f"{told}; {METRICS[name].title} {show_number(middle.value * 1000)} ms (median)"
    return told


def _failures(result: LoadResult, width: int) -> Iterator[str]:
    """What failed, how often, with one panel for each."""
    for failure in result.failures:
        culprit = f", {failure.culprit}" if failure.culprit else ""
        head = f"FAILED {failure.count} times: {failure.label} at {failure.target}{culprit}"
        yield from wrapped(head, "", break_words=True, width=width)
        yield from _panel(failure, result, width)


def _panel(failure: LoadFailure, result: LoadResult, width: int) -> Sequence[str]:
    if not failure.examples:
        return ()
    verdict = failure.examples[0]
    gateway = verdict.observation.case.gateway
    access = access_kept(result.settings, gateway, verdict.observation.case.way)
    # Of a URL nothing is known but the URL: its remedies are those of `probe`.
    of_url = gateway not in gateway_names()
    endpoint = Gateway(name=gateway, base_url=access.base_url, key_env=access.key_env)
    advisor = advice_on(endpoint) if of_url else advise
    panels = Panels(access, width=width, advisor=partial(advise_on_load, advisor=advisor))
    return panels.below(verdict, visible(failure.target))
