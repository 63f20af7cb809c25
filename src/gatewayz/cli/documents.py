"""What commands print as JSON: one object, which says first what schema it follows.

Within a version keys may be added; none is taken away or changes its meaning. docs/json.md lists them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click

from gatewayz.core.codec import to_json
from gatewayz.core.text import json_to_show


def document(name: str, /, **fields: Any) -> dict[str, Any]:
    """The object of a schema by its name and version, such as `runs/1`."""
    return {"schema": f"gatewayz/{name}", **fields}


def echo(found: Mapping[str, Any]) -> None:
    """Prints one, its dataclasses and moments as JSON values, with nothing a terminal would obey."""
    click.echo(json_to_show(json.dumps(to_json(found), indent=2, ensure_ascii=False)))
