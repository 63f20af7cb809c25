"""The tables of clients in docs/server.md: `python -m tests.clients.page` writes them anew."""

import re

from tests.clients.known import CLIENTS, OPERATIONS, ROOT

PAGE = ROOT / "docs" / "server.md"
BEGIN, END = "<!-- clients -->\n", "<!-- end of clients -->\n"
_WORDS = {
    "models": "list of models",
    "model": "one model",
    "stream": "stream with usage",
    "tool_call": "tool call",
    "tool_call_streamed": "tool call streamed",
    "json_schema": "JSON schema",
    "headers": "our headers",
}


def tables():
    """What was tried with each client and what it lacks, and how its errors are called."""
    lines = ["| client | version | tried | lacking |", "|---|---|---|---|"]
    for client in CLIENTS:
        tried = [_WORDS.get(name, name) for name in OPERATIONS if name not in client.cannot]
        lacking = [f"{_WORDS.get(name, name)}: {why}" for name, why in client.cannot.items()]
        version = f"`{client.package}` {client.locked_version}"
        cells = (client.title, version, ", ".join(tried), "; ".join(lacking) or "-")
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "| client | an error's class by its status | a broken stream |", "|---|---|---|"]
    lines += [f"| {c.title} | {_by_class(c.errors)} | `{c.broken}` |" for c in CLIENTS]
    return "\n".join(lines) + "\n"


def _by_class(errors):
    """Statuses of one class together: 400 `A`; 401, 403 `B`."""
    classes = {}
    for status, name in errors.items():
        classes.setdefault(name, []).append(str(status))
    return "; ".join(f"{', '.join(statuses)} `{name}`" for name, statuses in classes.items())


def page_with(text):
    """The page with these tables in their place."""
    pattern = re.escape(BEGIN) + ".*?" + re.escape(END)
    page = PAGE.read_text(encoding="utf-8")
    return re.sub(pattern, lambda _: BEGIN + text + END, page, flags=re.DOTALL)


if __name__ == "__main__":
    PAGE.write_text(page_with(tables()), encoding="utf-8")
