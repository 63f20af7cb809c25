"""Values held against a JSON schema. The schemas are ours or the user's, never a provider's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gatewayz.checks._patterns import Patience, occurs_in
from gatewayz.core.text import excerpt


def violation(value: Any, schema: Mapping[str, Any]) -> str:
    """Where and how a value departs from a schema, in a few words; "" when it follows it.

    Raises: TimeoutError when the schema's patterns take over a second on this value.
    """
    # Imported here: whoever asks for plain answers does not wait for it.
    from jsonschema import Draft202012Validator, validators
    from referencing import Registry

    written, kind = str(schema), Draft202012Validator
    if "pattern" in written:  # making a class takes a millisecond
        extend: Any = validators.extend
        kind = extend(kind, _patient_words("patternProperties" in written))
    # A registry of our own: without one a $ref to an address would be fetched.
    validator = kind(schema, registry=Registry())
    try:
        error = next(validator.iter_errors(value), None)
        if error is None:
            return ""
        place = ".".join(map(str, error.absolute_path))
        message = excerpt(error.message, 160)
    except RecursionError:
        return "nested too deep to be held against the schema"
    return f"{excerpt(place, 60)}: {message}" if place else message


def lost_reference(schema: Mapping[str, Any]) -> str:
    """The first `$ref` that leads nowhere within the schema; "" when there is none.

    Nothing is fetched, so an address leads nowhere. Parts with an `$id` of their own are not
    looked into: what a reference there means is for the validator to say.
    """
    from referencing import Registry
    from referencing.exceptions import Unresolvable
    from referencing.jsonschema import DRAFT202012

    resolver = Registry[Any]().resolver_with_root(DRAFT202012.create_resource(schema))
    for reference in _references(schema, own_id=True):
        try:
            resolver.lookup(reference)
        except Unresolvable:
            return reference
    return ""


def _references(part: Any, *, own_id: bool = False) -> Iterator[str]:
    if isinstance(part, Mapping) and (own_id or "$id" not in part):
        reference = part.get("$ref")
        if isinstance(reference, str):
            yield reference
        # Values that an answer may have are no schemas.
        parts = [
            p for key, p in part.items() if key not in ("enum", "const", "default", "examples")
        ]
    else:
        parts = part if isinstance(part, list) else []
    for inner in parts:
        yield from _references(inner)


def _patient_words(has_patterned_names: bool) -> dict[str, Any]:
    """The words of a schema that hold patterns, which the library would wait for without end."""
    from jsonschema import Draft202012Validator, ValidationError

    theirs = Draft202012Validator.VALIDATORS
    patience = Patience()

    def pattern(_: Any, wanted: str, instance: Any, __: Any) -> Iterator[ValidationError]:
        if isinstance(instance, str) and not occurs_in(instance, wanted, patience):
            yield ValidationError(f"{instance!r} does not match {wanted!r}")

    def by_pattern(
        validator: Any, wanted: Mapping[str, Any], instance: Any, _: Any
    ) -> Iterator[ValidationError]:
        for regex, schema in wanted.items() if isinstance(instance, dict) else ():
            for name, value in instance.items():
                if occurs_in(name, regex, patience):
                    yield from validator.descend(value, schema, path=name, schema_path=regex)

    def additional(
        validator: Any, wanted: Any, instance: Any, schema: Mapping[str, Any]
    ) -> Iterator[ValidationError]:
        regexes = schema.get("patternProperties", {})
        if regexes and isinstance(instance, dict):
            instance = {
                name: value
                for name, value in instance.items()
                if not any(occurs_in(name, regex, patience) for regex in regexes)
            }
            schema = {key: part for key, part in schema.items() if key != "patternProperties"}
        yield from theirs["additionalProperties"](validator, wanted, instance, schema)

    def unevaluated(
        validator: Any, wanted: Any, instance: Any, schema: Mapping[str, Any]
    ) -> Iterator[ValidationError]:
        if isinstance(instance, dict) and has_patterned_names:
            # Which of them a pattern has seen to, the library asks in a way that cannot be stopped.
            raise TimeoutError(
                "unevaluatedProperties beside patternProperties may take for ever; "
                "write additionalProperties"
            )
        yield from theirs["unevaluatedProperties"](validator, wanted, instance, schema)

    return {
        "pattern": pattern,
        "patternProperties": by_pattern,
        "additionalProperties": additional,
        "unevaluatedProperties": unevaluated,
    }
