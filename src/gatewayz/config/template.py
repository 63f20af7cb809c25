"""The gatewayz.toml that `gatewayz config init` writes: every setting, commented out."""

from __future__ import annotations

import json
import os
from dataclasses import fields
from pathlib import Path
from typing import Any

from gatewayz.config.settings import SETTINGS, Settings
from gatewayz.core.errors import ConfigError
from gatewayz.core.text import visible

_GATEWAYS = """
# Per gateway. Keys do not belong here: set the gateway's variable (GROQ_API_KEY), put it into a
# .env file, or name a file that holds nothing but the key.
#
# [gateways.groq]
# base_url = "https://api.groq.com/openai/v1"
# concurrency = 4
# requests_per_minute = 30
# key_file = "~/.keys/groq"
# key_env = "MY_GROQ_KEY"
# headers = { "X-Team" = "search" }
# price = { input = 0.15, output = 0.6 }  # USD per million tokens, where its list tells none
#
# Where the backend goes on to when a model fails before its first byte.
#
# [fallbacks]
# "groq/llama-3.3-70b-versatile" = ["cerebras/llama-3.3-70b", "together/meta-llama/Llama-3.3-70B"]
#
# What was promised, and when nothing counts: `gatewayz sla` says whether it is kept.
#
# [[sla]]
# models = "groq/*"
# availability = 99.5
# ttft = { p95 = "1.5s" }
# window = "month"
# time_zone = "Europe/Berlin"
#
# [[maintenance]]
# models = "groq/*"
# start = 2026-10-04T02:00:00Z
# end = 2026-10-04T04:00:00Z
#
# [gateways.local]
# base_url = "http://127.0.0.1:8080/v1"
#
# [gateways.own]
# base_url = "https://vllm.example.com/v1"
# private = true
"""


def template() -> str:
    """The text of a new gatewayz.toml: each setting with what it means and its default."""
    defaults = {one.name: one.default for one in fields(Settings) if one.name in SETTINGS}
    lines = ["# Settings of Gatewayz. Environment variables and options win over this file."]
    for name, names in SETTINGS.items():
        if names.in_toml:
            lines += ["", f"# {names.help}", f"# {name} = {_toml(defaults[name])}"]
    return "\n".join(lines) + "\n" + _GATEWAYS


def write_template(path: Path) -> None:
    """Writes a new settings file, private to the user.

    Raises: ConfigError when there is one already, or it cannot be written.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigError(
            f"{visible(str(path))} exists already and is left as it is; move it away first"
        ) from None
    except OSError as error:
        raise ConfigError(f"cannot write {visible(str(path))}: {error.strerror}") from None
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(template())


def _toml(value: Any) -> str:
    if value is None:
        return '"none"'
    return json.dumps(list(value) if isinstance(value, tuple) else value)
