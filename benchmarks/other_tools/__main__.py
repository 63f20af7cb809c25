"""Plants a few faults and shows what each tool says: `make other-tools`.

usage: python -m benchmarks.other_tools [--print] COMPATCANARY

COMPATCANARY is its `src/cli.js`. Without --print the page docs/other-tools.md is written.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.other_tools.quoted import CELLS, TOOLS
from gatewayz.simulator import running

PAGE = Path(__file__).resolve().parents[2] / "docs" / "other-tools.md"
MODEL = "openai/gpt-oss-20b"
_TIMEOUT_S = 60

# What is planted, by what it is called on the page.
FAULTS: dict[str, str] = {
    "HTTP 500 always": "server-500-json",
    "HTTP 429 always": "rate-limit-no-hint",
    "empty answer, `stop`, no usage": "empty-content+stream-no-content+usage-missing",
    "`error` object inside a 200 stream": "sse-error-object",
    "stream cut: no finish, usage or end mark": "sse-missing-finish+usage-missing",
    "another model's name in the answer": "wrong-model-served",
    "the whole answer in one chunk": "healthy-single-chunk",
    "thought and answer in one stream": "reasoning-field-variant",
}


def main(arguments: Sequence[str]) -> int:
    """Prints the page; 0 when every tool ran."""
    script = next(word for word in arguments if not word.startswith("-"))
    rows = [(title, *_both(fault, script), *CELLS[title]) for title, fault in FAULTS.items()]
    healthy = _both("", script)
    page = _page(rows, healthy, _compatcanary_version(script))
    print(page)
    if "--print" not in arguments:
        PAGE.write_text(page, encoding="utf-8")
    return 0


def _both(fault: str, script: str) -> tuple[str, str]:
    with running(
        latency_s=0.0, faults=[{"gateway": "local", "fault": fault}] if fault else None
    ) as simulator:
        url = f"{simulator.url}/local/v1"
        return _ours(url), _compatcanary(url, script)


def _ours(url: str) -> str:
    """What `gatewayz probe` says of the plain and of the streamed answer."""
    said: dict[str, None] = {}
    for probe in ("chat", "streaming"):
        command = [sys.executable, "-m", "gatewayz", "probe", url, "--model", MODEL]
        command += ["--probe", probe, "--retries", "0", "--format", "json"]
        result = json.loads(_run(command).stdout)
        found = result["failure"]["kind"] if result["failure"] else ""
        words = [found or ", ".join(result["warnings"])]
        said.setdefault(" ".join(filter(None, (result["outcome"], *words))))
    return "; ".join(said)


def _compatcanary(url: str, script: str) -> str:
    command = ["node", script, "scan", "--base-url", url, "--model", MODEL, "--profile", "chat"]
    result = json.loads(_run([*command, "--format", "json", "--timeout", "10"]).stdout)
    checks = {
        check["id"].removeprefix("chat."): check["status"]
        for check in result["results"]
        if check["id"] in ("chat.basic", "chat.streaming")
    }
    return ", ".join(f"{name} {status}" for name, status in checks.items())


def _compatcanary_version(script: str) -> str:
    return _run(["node", script, "--version"]).stdout.strip().removeprefix("CompatCanary ")


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    environ = {"PATH": os.environ["PATH"], "HOME": os.devnull, "OPENAI_API_KEY": "any"}
    return subprocess.run(
        command, capture_output=True, text=True, timeout=_TIMEOUT_S, env=environ, check=False
    )


def _page(rows: Sequence[Sequence[str]], healthy: tuple[str, str], their_version: str) -> str:
    ours = f"Gatewayz {version('gatewayz')}"
    columns = ("planted", ours, f"CompatCanary {their_version}", *TOOLS)
    table = [
        columns,
        ["---"] * len(columns),
        ["nothing (a healthy answer)", *healthy, *"----"],
        *rows,
    ]
    lines = "\n".join("| " + " | ".join(row) + " |" for row in table)
    return f"""# The same faults before other tools

One fault each is planted in the simulator, on a model called `{MODEL}`, and each tool is asked what
it thinks of it. Gatewayz is `gatewayz probe URL --model M` with the chat and the streaming probe;
CompatCanary is its `scan` with the chat profile, of which the basic and the streaming check are shown.
Both ran on {datetime.now(UTC):%Y-%m-%d}; `make other-tools` runs them again and writes this page.

The last two rows are sound answers, in which tools print a figure that they cannot have: a gap between
tokens out of one chunk, or a rate that leaves out what was thought. Gatewayz says nothing of gaps there.

The last four columns are quoted: those tools take 1.2 to 6 GB of installation, and were run once, in
August 2026, on a server with the same faults. `-` was not tried.

{lines}
"""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
