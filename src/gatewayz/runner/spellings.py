"""Other spellings of a listed id, to be tried when the listed one is not found."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from gatewayz.core import Attempt, Gateway, Model
from gatewayz.core.families import houses
from gatewayz.core.names import family

_ID = re.compile(r"[\w.:@/-]{1,200}")


def next_spelling(model: Model, gateway: Gateway, tries: Sequence[Attempt]) -> str | None:
    """The next id to try for a listed one that was not found; None once it is surely gone."""
    asked = [attempt.asked or model.id for attempt in tries]
    if asked.count(model.id) == 1:
        return model.id  # once may be a slip: nothing else is tried, or said, before that is sure
    others = (*_shorter(model.id), *islice(_told(model.id, tries), 1), *_longer(model, gateway))
    return next((spelling for spelling in others if spelling and spelling not in asked), None)


def _told(listed: str, tries: Sequence[Attempt]) -> Iterator[str]:
    """The first id in a refusal of the listed one that ends in it: meant, or how it was understood."""
    for attempt in tries:
        if attempt.asked in ("", listed) and attempt.error is not None:
            words = (word.rstrip(".:") for word in _ID.findall(attempt.error.message))
            yield from (word for word in words if word.endswith((f"/{listed}", f":{listed}")))


def _shorter(listed: str) -> tuple[str, ...]:
    """In small letters, without `provider:`, without `vendor/`."""
    first, _, rest = listed.partition("/")
    _, colon, _ = first.partition(":")
    return (listed.lower(), listed.partition(":")[2] if colon else "", rest)


def _longer(model: Model, gateway: Gateway) -> Iterator[str]:
    """With what stands before a name in this gateway's documented ids, then as vendors write it."""
    place, slash, name = model.id.rpartition("/")
    documented = [example.rpartition("/")[::2] for example in gateway.id_examples]
    places = {directory for directory, _ in documented}
    of_kin = (directory for directory, other in documented if family(other) == family(name) != "")
    for directory in dict.fromkeys((*(places if len(places) == 1 else ()), *of_kin)):
        if directory.endswith(f"/{place}") or (directory and not slash):
            yield f"{directory}/{name}"
    if slash:
        return
    # A backend in between lists the gateway as the owner of all.
    if model.owner and model.owner != gateway.name:
        yield f"{model.owner}/{name}"
    for house in houses(family(name)):
        yield f"{house}/{name}"
