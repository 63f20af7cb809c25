"""How a gateway's model list is addressed, paged and read.

Reading is pure: a parsed document goes in, models come out. The client does the fetching.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from gatewayz.core.errors import CatalogError
from gatewayz.core.model import Model, Price
from gatewayz.core.pricing import with_charges
from gatewayz.core.units import PLAUSIBLE_USD_PER_MTOK, USD_PER_MTOK, as_number

Entry = Mapping[str, Any]
ReadEntry = Callable[[Entry], Model | None]
NextPage = Callable[[Mapping[str, Any]], str | None]

MAX_ENTRIES = 100_000
MAX_PAGES = 200


@dataclass(frozen=True, slots=True)
class CatalogPage:
    """One page of a catalogue.

    `models` are those worth testing, in the catalogue's own order; `listed` counts all entries,
    `dropped` those that are no model entries at all; `next_page` is a reference relative to this
    page's URL (often only a query such as "?page=2"), None on the last page. `odd` says how entries
    had to be read in another way than the documented one.
    """

    models: tuple[Model, ...]
    listed: int
    dropped: int
    next_page: str | None
    odd: str = ""


def dig(entry: Any, path: str) -> Any:
    """The value at a dotted path such as "pricing.prompt"; None when any step is missing."""
    for step in path.split("."):
        if not isinstance(entry, Mapping):
            return None
        entry = entry.get(step)
    return entry


def as_count(value: Any) -> int | None:
    """A positive whole number out of a number or digits; None for anything else (0 is unknown)."""
    number = as_number(value)
    return int(number) if number is not None and 1 <= number < 2**53 else None


def as_usd_per_mtok(value: Any, unit: float) -> float | None:
    """A price in USD per million tokens.

    `unit` is what one of the catalogue's units is worth in USD per million tokens. A negative
    price means "varies" (OpenRouter's routers), so it is unknown; so is one outside the range in
    which chat models are sold, since that is a unit read wrongly.
    """
    number = as_number(value)
    if number is None:
        return None
    price = number * unit
    low, high = PLAUSIBLE_USD_PER_MTOK
    if price != 0 and not low <= price <= high:
        return None
    return round(price, 9)


def always(_entry: Entry) -> bool:
    """Every entry is a chat model."""
    return True


def fields(
    *,
    id: str = "id",
    name: str = "name",
    context_tokens: str = "context_length",
    max_output_tokens: str = "max_completion_tokens",
    input_price: str = "",
    output_price: str = "",
    price_unit: float = USD_PER_MTOK,
    charges: str = "",
    strip_prefix: str = "",
    is_chat: Callable[[Entry], bool] = always,
) -> ReadEntry:
    """A reader of entries that differ only in where things stand.

    Each argument is a dotted path into an entry; "" says that the catalogue has no such thing.
    `price_unit` is one catalogue unit in USD per million tokens. `charges` leads to a table of all
    that is charged, by OpenRouter's names. `strip_prefix` is taken off the id. `is_chat` says which
    entries to keep.
    Returns a function from an entry to a Model, or None for one that is not a chat model.
    """

    def read(entry: Entry) -> Model | None:
        model_id = dig(entry, id)
        if not isinstance(model_id, str) or not model_id.strip():
            raise CatalogError(f"an entry without '{id}'")
        if not is_chat(entry):
            return None
        title = dig(entry, name) if name else None
        return Model(
            id=model_id.removeprefix(strip_prefix),
            name=title if isinstance(title, str) else "",
            context_tokens=as_count(dig(entry, context_tokens)) if context_tokens else None,
            max_output_tokens=(
                as_count(dig(entry, max_output_tokens)) if max_output_tokens else None
            ),
            price=with_charges(
                Price(
                    as_usd_per_mtok(dig(entry, input_price), price_unit) if input_price else None,
                    as_usd_per_mtok(dig(entry, output_price), price_unit) if output_price else None,
                ),
                dig(entry, charges) if charges else None,
                price_unit,
                model_id,
            ),
            capabilities=(able := capabilities_of(entry)),
            lacks=denied_by(entry) - able,
            deprecated=bool(entry.get("deprecated")),
            owner=owner if isinstance(owner := entry.get("owned_by"), str) else "",
            listed=True,
        )

    return read


# Words that catalogues use for what a model can do, and ours for the same.
_CAPABILITY_WORDS = {
    "tools": "tools",
    "tool_calling": "tools",
    "function-calling": "tools",
    "function_calling": "tools",
    "structured_outputs": "json_schema",
    "structured-outputs": "json_schema",
    "json_mode": "json_object",
    "response_format": "json_object",
    "reasoning": "reasoning",
    "vision": "vision",
    "image": "vision",
    "logprobs": "logprobs",
    "seed": "seed",
}
# Every word for what a model can do, beside those that a gateway of one's own may add.
CAPABILITIES = ("chat", "key", *sorted(set(_CAPABILITY_WORDS.values())))


def capabilities_of(entry: Entry) -> frozenset[str]:
    """What an entry says the model can do, in our words; always holds "chat"."""
    found = {"chat"}
    lists = (
        entry.get("supported_parameters"),
        entry.get("supported_features"),
        entry.get("features"),
        entry.get("input_modalities"),
        dig(entry, "architecture.input_modalities"),
        dig(entry, "metadata.tags"),
        entry.get("tags"),
    )
    for words in lists:
        if isinstance(words, list):
            found |= {
                _CAPABILITY_WORDS[w] for w in words if isinstance(w, str) and w in _CAPABILITY_WORDS
            }
    flags = entry.get("capabilities")
    if isinstance(flags, Mapping):
        found |= {_CAPABILITY_WORDS[w] for w, on in flags.items() if on and w in _CAPABILITY_WORDS}
    return frozenset(found)


# What a list of request fields or features speaks of, and what one of kinds of input does.
_SPOKEN_OF = frozenset({"tools", "json_schema", "json_object", "reasoning", "logprobs", "seed"})


def denied_by(entry: Entry) -> frozenset[str]:
    """What an entry's lists would name if the model could do it.

    Only lists of request fields that are known to be whole count (OpenRouter's way), and lists of
    the kinds of input; tags and flags leave out much that works.
    """
    denied: set[str] = set()
    parameters = entry.get("supported_parameters")
    if isinstance(parameters, list) and {"max_tokens", "temperature"} & set(map(str, parameters)):
        denied |= _SPOKEN_OF
    inputs = dig(entry, "architecture.input_modalities") or entry.get("input_modalities")
    if isinstance(inputs, list) and "text" in inputs:
        denied.add("vision")
    return frozenset(denied)


def all_of_them(models: tuple[Model, ...]) -> tuple[Model, ...]:
    """Every model of a page belongs to this gateway."""
    return models


def last_page(_document: Mapping[str, Any]) -> None:
    """The whole list comes in one answer."""
    return


def page_by_cursor(document: Mapping[str, Any], query: str = "") -> str | None:
    """The next page of a list in OpenAI's way: `has_more`, and `after` the `last_id`.

    `query` is what the list was asked with.
    """
    last = document.get("last_id")
    if document.get("has_more") is not True or not isinstance(last, str) or not last:
        return None
    return f"?{urlencode([*parse_qsl(query), ('after', last)])}"


# Where a name stands in entries that have no id: Ollama's own list has both of these.
_NAMES = ("id", "model", "name")
_ID = re.compile(r"[^\s\x00-\x1f]{1,200}")


def _by_its_name(entry: Any) -> Entry | None:
    """An entry that is only a name, or has its id under another one, put as catalogues put it."""
    given = entry if isinstance(entry, Mapping) else {}
    candidates = [given.get(key) for key in _NAMES] if given else [entry]
    found = next((c for c in candidates if isinstance(c, str) and _ID.fullmatch(c)), None)
    # A null id is a hole in a list, and what stands beside it a title.
    if found is None or ("id" in given and found != given["id"]):
        return None
    return {**dict.fromkeys(_NAMES, found), **given}


@dataclass(frozen=True, slots=True)
class Catalog:
    """Where a gateway lists its models and how an answer is read.

    `path` is joined to the base URL ("/models" is appended, "../../models/list" climbs).
    `entries` names the key that holds the list, "" for a bare array. `read` turns an entry into a
    Model, or None for one that is not a chat model. `next_page` gives a reference to the next
    page, relative to the page's own URL. `public` says that no key is needed. `key_header` names
    another header for the key than the gateway's own. `otherwise` is a second path, asked when there
    is no such route at `path`. `keep` narrows a page's models where that
    takes seeing them together, as in a catalogue that several providers share.
    """

    path: str = "/models"
    entries: str = "data"
    read: ReadEntry = fields()
    next_page: NextPage = last_page
    public: bool = False
    key_header: str = ""
    otherwise: str = ""
    keep: Callable[[tuple[Model, ...]], tuple[Model, ...]] = all_of_them

    def page(self, document: Any) -> CatalogPage:
        """The models on one page.

        Raises: CatalogError when the document is not a list of models in any known shape.
        """
        entries = self._entries_of(document)
        models, dropped = self._read_all(entries)
        odd = ""
        if entries and dropped == len(entries):
            entries_by_name = [_by_its_name(entry) for entry in entries[:MAX_ENTRIES]]
            models, dropped = self._read_all(entries_by_name)
            odd = "entries without an 'id'"
            if dropped == len(entries):
                raise CatalogError("the list holds no entry that looks like a model")
        following = self._page_after(document) if isinstance(document, Mapping) else None
        return CatalogPage(self.keep(tuple(models)), len(entries), dropped, following, odd)

    @property
    def pages_are_documented(self) -> bool:
        """Whether it is known how the next page is asked for."""
        return self.next_page is not last_page

    def _page_after(self, document: Mapping[str, Any]) -> str | None:
        if self.pages_are_documented:
            return self.next_page(document)
        return page_by_cursor(document, urlsplit(self.path).query)

    def _read_all(self, entries: list[Any]) -> tuple[list[Model], int]:
        """The chat models among entries, and how many entries are none at all."""
        models: list[Model] = []
        dropped = 0
        for entry in entries[:MAX_ENTRIES]:
            if not isinstance(entry, Mapping):
                dropped += 1
                continue
            try:
                model = self.read(entry)
            except CatalogError:
                dropped += 1
                continue
            if model is not None:
                models.append(model)
        return models, dropped

    def _entries_of(self, document: Any) -> list[Any]:
        """The list itself; a shape other than the documented one is accepted when it is plain."""
        if isinstance(document, list):
            return document
        if isinstance(document, Mapping):
            for key in (self.entries, "data", "models"):
                if key and isinstance(document.get(key), list):
                    found: list[Any] = document[key]
                    return found
            raise CatalogError(
                f"no list under '{self.entries or 'data'}'; keys: "
                + ", ".join(sorted(map(str, document))[:8])
            )
        raise CatalogError(f"a JSON {type(document).__name__} where a list of models was expected")
