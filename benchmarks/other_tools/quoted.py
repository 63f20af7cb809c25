"""What heavier tools made of the same faults: quoted, not run here.

They take 1.2 to 6 GB of installation. Measured once in August 2026 on a server of the same faults,
with the versions below; each cell says what the tool reported.
"""

from __future__ import annotations

TOOLS = ("guidellm 0.8.1", "aiperf 0.13.0", "LLMeter 0.2.0", "promptfoo 0.121")

# By the name of the fault in `faults.FAULTS`; "-" where it was not tried.
CELLS: dict[str, tuple[str, str, str, str]] = {
    "HTTP 500 always": (
        "errors, exit 0, prints 0.0 ms",
        "exit 1, no JSON report",
        "failed",
        "error, exit 100",
    ),
    "HTTP 429 always": ("errors, exit 0", "-", "-", "-"),
    "empty answer, `stop`, no usage": ("error", "error", "success", "pass"),
    "`error` object inside a 200 stream": ("error", "success", "failed", "-"),
    "stream cut: no finish, usage or end mark": (
        "success, 16 tokens (4 came)",
        "success",
        "success",
        "-",
    ),
    "another model's name in the answer": ("missed", "missed", "missed", "pass"),
    "the whole answer in one chunk": (
        "prints ITL 0.0 ms",
        "prints ITL 0.0 ms",
        "prints TPOT 0.0",
        "-",
    ),
    "thought and answer in one stream": (
        "right",
        "right",
        "prints TPOT 0.67 ms (true 5 to 10)",
        "-",
    ),
}
