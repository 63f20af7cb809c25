"""The command that repeats an attempt, ready to paste, with the key as a variable."""

from __future__ import annotations

import json
import re
import shlex

from gatewayz.core.access import Access
from gatewayz.core.attempt import Attempt
from gatewayz.core.codec import to_json
from gatewayz.core.text import visible

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ANY_KEY = "GATEWAYZ_KEY"


def curl_for(attempt: Attempt, access: Access | None = None) -> str:
    """One line for a POSIX shell that sends the attempt's request again.

    The key stands there as `"$VARIABLE"` only, and only when a key was sent or asked for. Every
    other part is quoted, so nothing in it is obeyed by the shell or by a terminal.
    """
    access = access or Access()
    words = ["curl", "-sS"]
    if attempt.streamed:
        words.append("-N")
    if any(c in attempt.url for c in "[]{}"):
        words.append("-g")
    words.append(shlex.quote(visible(attempt.url)))
    if attempt.had_key or attempt.status in (401, 403):
        words += ["-H", _key_header(access)]
    for name, value in access.headers.items():
        words += ["-H", shlex.quote(visible(f"{name}: {value}"))]
    if attempt.body:
        words += ["-H", shlex.quote("Content-Type: application/json")]
        # ASCII, with every control character as a JSON escape.
        words += ["-d", shlex.quote(json.dumps(to_json(attempt.body)))]
    elif attempt.method not in ("GET", ""):
        words += ["-X", shlex.quote(visible(attempt.method))]
    return " ".join(words)


def _key_header(access: Access) -> str:
    variable = access.key_env if _VARIABLE.fullmatch(access.key_env) else _ANY_KEY
    start = f"{access.auth_header}: " + (f"{access.auth_scheme} " if access.auth_scheme else "")
    if re.fullmatch(r"[A-Za-z0-9_: -]+", start):
        return f'"{start}${variable}"'
    return f'{shlex.quote(visible(start))}"${variable}"'
