"""`gatewayz bench`: load on one model or several, and what they make of it."""

from __future__ import annotations

from typing import Any

import click

from gatewayz.cli import options
from gatewayz.cli.sections import SectionedCommand, option

_TO = "To whom"
_LOAD = "How much"
_ASK = "What is asked"
_END = "When it ends"


@click.command(
    "bench",
    cls=SectionedCommand,
    short_help="Put load on models: how fast, how sure, how much they bear.",
    epilog="Example: gatewayz bench groq/llama-3.3-70b-versatile --rate 2 --duration 60",
)
@click.argument("targets", nargs=-1, required=True, metavar="GATEWAY/MODEL|URL...")
@option(_TO, "--model", "-m", multiple=True, metavar="ID", help="The model, where a URL is given.")
@option(_TO, "--direct", is_flag=True, help="Call the gateways themselves.")
@option(_TO, "--api", is_flag=True, help="Call them through the backend's API.")
@option(_TO, "--both", is_flag=True, help="Both, each a target, in one interleaved run.")
@option(_TO, "--via", metavar="WAY", help="native or portkey, for those that have both.")
@option(
    _TO,
    "--key-env",
    metavar="VAR",
    help="Variable with the URL's key. [OPENAI_API_KEY, to this machine and api.openai.com only]",
)
@option(
    _LOAD,
    "--concurrency",
    "-c",
    metavar="N",
    help="So many at once; 1..16 a ramp, 1,2,4,8 a sweep. [2]",
)
@option(
    _LOAD,
    "--rate",
    metavar="R",
    help="So many starts a second instead, whatever is under way; 1..20 or 1,2,5 likewise.",
)
@option(_LOAD, "--poisson", is_flag=True, help="With --rate: at random moments (Poisson).")
@option(
    _LOAD,
    "--slo",
    metavar="LIMITS",
    help="Objectives: ttft_p95=800ms,itl_p95=50ms.",
)
@option(
    _LOAD,
    "--most",
    is_flag=True,
    help="Find the most load within --slo, between the ends of --concurrency or --rate. [1..64]",
)
@option(_LOAD, "--processes", metavar="N", help="Send from N processes. [1]")
@option(_LOAD, "--in-flight", metavar="N", help="With --rate: at most N under way. [512]")
@option(_LOAD, "--ignore-limits", is_flag=True, help="Pass the gateways' own rate limits.")
@option(
    _ASK,
    "--prompt",
    metavar="SIZE|FILE",
    default="short",
    help="short, medium or long, or a JSONL file of prompts; no two alike. [short]",
)
@option(_ASK, "--as-written", is_flag=True, help="A file's prompts unmarked: caches may answer.")
@option(_ASK, "--max-tokens", metavar="N", help="Longest answer, in tokens. [50]")
@option(_ASK, "--temperature", metavar="T", help="Sampling temperature. [0.7]")
@option(_ASK, "--no-stream", is_flag=True, help="Whole answers: no first token, no gaps.")
@option(_ASK, "--timeout", metavar="S", help="Whole answer within this time. [30s]")
@option(_ASK, "--seed", metavar="N", help="Seed of prompts, orders and moments. [drawn afresh]")
@options.caps
@option(
    _END,
    "--requests",
    "-n",
    metavar="N",
    help="So many to each target and step, of a ramp in all. [30]",
)
@option(_END, "--duration", "-d", metavar="S", help="Send for so long (each step). [10s]")
@option(_END, "--until-ci", metavar="SHARE", help="Once the median is known to within 5%.")
@option(_END, "--ci-metric", metavar="NAME", help="Of this metric. [ttft, or latency]")
@option(_END, "--max-errors", metavar="SHARE", help="Stop and fail when more fail. [10%]")
@option(_END, "--warm-up", metavar="N", help="Requests to each target before, in no figure.")
@option(
    options.OUTPUT,
    "--report",
    metavar="FORMAT=PATH",
    multiple=True,
    help="Write a report; may be given again.",
)
@options.format_option
@option(options.OUTPUT, "--quiet", "-q", is_flag=True, help="No line while it goes on.")
@options.places
def command(**parameters: Any) -> int:
    """Put load on models and say how fast they are, and how sure that is.

    Several targets take turns in one run, and each two are compared. Without options 30 requests go
    out, or as many as 10 s allow, two at once.
    """
    from gatewayz.cli.bench_order import order_from
    from gatewayz.cli.bench_session import run_bench

    settings = options.load({name: parameters.get(name) for name in _SETTINGS})
    return run_bench(settings, order_from(parameters, settings), parameters)


# Parameters that are settings, with the same layers below them as those of `test`.
_SETTINGS = (
    "direct", "api", "both", "via", "max_tokens", "temperature", "timeout", "seed", "api_url",
    "store", "config", "proxy", "ca_file", "report", "max_cost", "max_tokens_total", "max_calls",
)  # fmt: skip
