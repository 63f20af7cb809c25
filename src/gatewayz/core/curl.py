"""The command that repeats an attempt, ready to paste, with the key as a variable."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from gatewayz.core.access import Access
from gatewayz.core.attempt import Attempt, FaultName, Phase
from gatewayz.core.codec import to_json
from gatewayz.core.probe import ChatRequest
from gatewayz.core.shell_lines import within
from gatewayz.core.text import visible

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ANY_KEY = "GATEWAYZ_KEY"
# What stands in a command for a key that nobody was given: the one that was sent is not kept.
_MADE_UP = "another-made-up-key"
# Where a limit ran out that curl has an option of its own for.
_CONNECTING = (Phase.DNS, Phase.CONNECT, Phase.TLS)

# A text of a request that is longer than this is shortened for a terminal.
_LONG_CHARS = 300
_SHOWN_CHARS = 120
# The smallest picture there is stands for a larger one, so that the command still runs.
_PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mP4DwABAQEA"
    "HLCMmQAAAABJRU5ErkJggg=="
)

# A part of the command that stays together: an option and its value.
Option = tuple[str, ...]


def curl_for(
    attempt: Attempt, access: Access | None = None, asked: ChatRequest | None = None
) -> str:
    """One line for a POSIX shell that sends the attempt's request again.

    `asked` is the question it put, where that is known. The key stands there as `"$VARIABLE"` only,
    and only when a key was sent or asked for. Every other part is quoted, so nothing in it is
    obeyed by the shell or by a terminal. Where a time limit of ours ran out, the command has it too.
    """
    words = [word for option in _options(attempt, access or Access(), asked) for word in option]
    if _has_body(attempt, asked):
        words += [_data_option(asked), shlex.quote(_sent(attempt, asked))]
    return " ".join(words)


def curl_lines(
    attempt: Attempt,
    access: Access | None = None,
    asked: ChatRequest | None = None,
    *,
    width: int = 78,
    indent: str = "",
) -> tuple[str, ...]:
    """The same over several lines of at most `width` columns, to be pasted as they are.

    They begin with `indent`, but for those that go on in the middle of a word: a blank there would
    be part of it. A long text or picture in the request is shortened; the command still runs. See
    `is_shortened`.
    """
    parts = [[" ".join(option)] for option in _options(attempt, access or Access(), asked)]
    if asked is not None and asked.raw:
        parts.append([f"{_data_option(asked)} {shlex.quote(_sent(attempt, asked))}"])
    elif attempt.body:
        room = width - len(indent) - 4
        parts.append(_folded(json.dumps(to_json(_shortened(attempt.body))), room))
    whole = indent + " ".join(line for part in parts for line in part)
    if len(whole) <= width:
        return (whole,)
    command, url = parts[0][0], parts[1][0]
    if len(f"{indent}{command} {url} \\") <= width:
        parts[:2] = [[f"{command} {url}"]]
    for part in parts[:-1]:
        part[-1] += " \\"
    first, *rest = (line for part in parts for line in part)
    return tuple(within([indent + first, *(f"{indent}  {line}" for line in rest)], width))


def is_shortened(attempt: Attempt) -> bool:
    """Whether `curl_lines` leaves out a part of what was sent."""
    return bool(to_json(_shortened(attempt.body)) != to_json(attempt.body))


def leaves_out_a_picture(attempt: Attempt) -> bool:
    """Whether `curl_lines` has a single dot in place of a picture that was sent."""
    return _PIXEL in json.dumps(to_json(_shortened(attempt.body)))


def key_variable(access: Access) -> str:
    """The variable that the command has for the key."""
    return access.key_env if _VARIABLE.fullmatch(access.key_env) else _ANY_KEY


def _options(attempt: Attempt, access: Access, asked: ChatRequest | None) -> Iterator[Option]:
    """Everything but the body: the command, the URL, then each option with its value."""
    # The status and the headers are shown too: an answer that fails may have an empty body.
    plain = ["curl", "-sS", "-i"]
    if attempt.streamed:
        plain.append("-N")
    if any(c in attempt.url for c in "[]{}"):
        plain.append("-g")
    yield (*plain, *_limit(attempt))
    yield (shlex.quote(visible(attempt.url)),)
    for option, value in (("--proxy", access.proxy), ("--cacert", access.ca_file)):
        if value:
            yield (option, shlex.quote(visible(value)))
    if attempt.had_key or attempt.status in (401, 403):
        made_up = asked is not None and asked.credential == "made-up"
        yield ("-H", _key_header(attempt, access, made_up=made_up))
    for name, value in access.headers.items():
        yield ("-H", shlex.quote(visible(f"{name}: {value}")))
    if _has_body(attempt, asked):
        yield ("-H", shlex.quote("Content-Type: application/json"))
    elif attempt.method not in ("GET", ""):
        yield ("-X", shlex.quote(visible(attempt.method)))


def _limit(attempt: Attempt) -> Option:
    """The time limit that ran out: without it the command hangs, or is answered in the end."""
    fault, waited_s = attempt.fault, attempt.timing.total_s
    if fault is None or fault.name is not FaultName.TIMEOUT or waited_s is None:
        return ()
    option = "--connect-timeout" if fault.phase in _CONNECTING else "--max-time"
    return (option, f"{max(round(waited_s, 1), 0.1):g}")


def _has_body(attempt: Attempt, asked: ChatRequest | None) -> bool:
    return bool(attempt.body) or bool(asked and asked.raw)


def _data_option(asked: ChatRequest | None) -> str:
    # A body that is no JSON may begin with an "@", which -d takes for a file's name.
    return "--data-raw" if asked is not None and asked.raw else "-d"


def _sent(attempt: Attempt, asked: ChatRequest | None) -> str:
    """The body as it went out: ASCII, with every control character as a JSON escape."""
    if asked is not None and asked.raw:
        return visible(asked.raw)
    return json.dumps(to_json(attempt.body))


def _key_header(attempt: Attempt, access: Access, *, made_up: bool) -> str:
    """The header that carries the key, as this request was signed."""
    variable = key_variable(access)
    start = f"{access.auth_header}: " + (f"{access.auth_scheme} " if access.auth_scheme else "")
    if attempt.method == "GET" and access.catalog_key_header:
        start = f"{access.catalog_key_header}: "
    if made_up:
        return shlex.quote(visible(start + _MADE_UP))
    if re.fullmatch(r"[A-Za-z0-9_: -]+", start):
        return f'"{start}${variable}"'
    return f'{shlex.quote(visible(start))}"${variable}"'


def _folded(text: str, width: int) -> list[str]:
    """A JSON text as the value of -d, broken where JSON allows a line end and nothing is lost."""
    lines: list[str] = []
    line = "-d '"
    for piece in (small for large in _pieces(text, ",") for small in _small(large, width)):
        quoted = _quoted(piece)
        if len(line) + len(quoted.rstrip()) > width and line not in ("-d '", "  "):
            lines.append(line.rstrip())
            line = "  "
        line += quoted
    return [*lines, line + "'"]


def _small(piece: str, width: int) -> list[str]:
    """A piece that no line holds, cut between its keys and their values."""
    return _pieces(piece, ":") if len(_quoted(piece)) > width - 2 else [piece]


def _quoted(text: str) -> str:
    """The text within single quotes: there a shell obeys nothing but the quote itself."""
    return text.replace("'", "'\\''")


def _pieces(text: str, mark: str) -> list[str]:
    """The text of a JSON document, cut after each such mark that stands between two tokens."""
    pieces, start, inside, escaped = [], 0, False, False
    for at, character in enumerate(text):
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == '"':
            inside = not inside
        elif character == " " and not inside and text[at - 1] == mark:
            pieces.append(text[start : at + 1])
            start = at + 1
    return [*pieces, text[start:]]


def _shortened(value: Any) -> Any:
    """A request with its long texts cut and its pictures exchanged for a single dot."""
    if isinstance(value, str) and len(value) > _LONG_CHARS:
        return _PIXEL if value.startswith("data:image/") else f"{value[:_SHOWN_CHARS]} ..."
    if isinstance(value, Mapping):
        return {name: _shortened(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_shortened(inner) for inner in value]
    return value
