"""Values held against a JSON schema. The schemas are ours or the user's, never a provider's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gatewayz.core.text import excerpt


def violation(value: Any, schema: Mapping[str, Any]) -> str:
    """Where and how a value departs from a schema, in a few words; "" when it follows it."""
    # Imported here: whoever asks for plain answers does not wait for it.
    from jsonschema import Draft202012Validator
    from referencing import Registry

    # A registry of our own: without one a $ref to an address would be fetched.
    validator = Draft202012Validator(schema, registry=Registry())
    try:
        error = next(validator.iter_errors(value), None)
        if error is None:
            return ""
        place = ".".join(map(str, error.absolute_path))
        message = excerpt(error.message, 160)
    except RecursionError:
        return "nested too deep to be held against the schema"
    return f"{excerpt(place, 60)}: {message}" if place else message
