"""Measures this backend beside other gateways, and writes figures, README and docs/speed.md.

usage: python -m benchmarks.gateway [--short] [--print] [NAME ...]

Five minutes; --short takes one, and measures too briefly to quote. --print leaves the files as they
are. NAMEs choose some gateways, and print only. `make speed` installs the other gateways first.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
from collections.abc import Sequence

from benchmarks.gateway import usage
from benchmarks.gateway.contenders import CONTENDERS, DIRECT, Contender
from benchmarks.gateway.load import Asked, LoadError
from benchmarks.gateway.page import SECTION, page, write_pages
from benchmarks.gateway.rounds import FULL, SHORT, Run
from benchmarks.gateway.samples import ratios
from benchmarks.gateway.upstream import ANSWER, MODEL
from benchmarks.run_facts import run_facts
from benchmarks.table import keep
from benchmarks.words import words_of

_INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    """0 when all went through; what was skipped is named."""
    words = words_of(
        "benchmarks.gateway", "This backend beside other gateways.", arguments, "gateways*"
    )
    names = words.gateways
    if unknown := sorted({*names} - {one.name for one in CONTENDERS}):
        print(f"no such gateway: {', '.join(unknown)}", file=sys.stderr)
        return 2
    try:
        figures = _measure(_chosen(names), is_short=words.short)
    except (usage.TooFewCoresError, LoadError) as reason:
        print(reason, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; nothing was written", file=sys.stderr)
        return _INTERRUPTED
    print(page(figures))
    if not (words.print or names):
        keep(SECTION, figures, write_pages)
    return 0


def _chosen(names: Sequence[str]) -> tuple[Contender, ...]:
    """Those named, and the direct way, which the others are compared with."""
    return tuple(one for one in CONTENDERS if not names or one.name in {DIRECT, *names})


def _measure(contenders: tuple[Contender, ...], *, is_short: bool) -> dict[str, object]:
    _prepare()
    plan = SHORT if is_short else FULL
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - began:5.1f} s  {line}", file=sys.stderr, flush=True)

    run = Run(plan, usage.two_cores(), say)
    gateways = run.figures(contenders)
    say("done")
    return {
        **run_facts(is_short=is_short),
        "plan": vars(plan),
        "bytes": {"request": len(Asked(0, MODEL).plain()), "answer": len(ANSWER)},
        "others": run.others,
        "gateways": gateways,
        "ratios": ratios(gateways),
        "skipped": run.skipped,
    }


def _prepare() -> None:
    """Room for the connections, and no settings of this shell that would slow one side down."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    # What was started is ended on TERM as on Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
