"""The same gateway on another way: through a backend's API, or through Portkey."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import quote

from gatewayz.core import Auth, Catalog, ConfigError, Gateway, Model, fields
from gatewayz.core.catalog import Entry, as_count, dig
from gatewayz.core.units import USD_PER_TOKEN
from gatewayz.gateways._addresses import at_own_address, checked_base_url
from gatewayz.gateways._entries import text_at, writes_text
from gatewayz.gateways._known import BUILT_IN
from gatewayz.gateways.portkey import GATEWAY as PORTKEY

API_KEY_ENV = "GATEWAYZ_API_KEY"
API_URL_ENV = "GATEWAYZ_API_URL"
_PAGE_ENTRIES = 1000


def is_chat_of_backend(entry: Entry) -> bool:
    """Text comes out, as far as the entry says; backends pass on what the provider lists."""
    modality = text_at(entry, "architecture.modality")
    if modality and not modality.endswith("text"):
        return False
    return writes_text(entry, "architecture.output_modalities")


def through_api(gateway: Gateway, api_url: str) -> Gateway:
    """The gateway as a backend with an OpenAI-compatible API offers it.

    Every request names the gateway in `provider`. Models come from `{api_url}/models?gateway=...`
    in pages, in our own server's shape, the upstream backend's or LiteLLM's; ids are sent as
    listed, and entries that are another gateway's by their own account are left out. Chat goes to `{api_url}/v1`, or to `api_url` itself when that already ends in /v1.
    Raises: ConfigError when `api_url` is no usable base URL.
    """
    root = checked_base_url(api_url, f"the API URL ({API_URL_ENV})")
    versioned = root.endswith("/v1")
    foreign = _slugs_of_others(gateway.name)
    query = f"?gateway={quote(gateway.name, safe='')}&limit={_PAGE_ENTRIES}"

    def is_chat(entry: Entry) -> bool:
        return is_chat_of_backend(entry) and _is_of(entry, gateway.name, foreign)

    def next_page(document: Mapping[str, Any]) -> str | None:
        offset = _next_offset(document)
        return None if offset is None else f"{query}&offset={offset}"

    return replace(
        gateway,
        base_url=root if versioned else f"{root}/v1",
        key_env=API_KEY_ENV,
        older_key_envs=(),
        url_env=API_URL_ENV,
        key_required=False,
        auth=Auth(),
        catalog=Catalog(
            ("models" if versioned else "../models") + query,
            read=fields(
                input_price="pricing.prompt",
                output_price="pricing.completion",
                price_unit=USD_PER_TOKEN,
                charges="pricing",
                is_chat=is_chat,
            ),
            next_page=next_page,
            # The upstream backend of 2025 lists at /v1/models only; ours by gateway at /models.
            otherwise="" if versioned else "models" + query,
        ),
        # What the provider refuses is refused behind the backend too; the rest is the backend's.
        quirks=replace(
            gateway.quirks,
            max_tokens_field="max_tokens",
            stream_usage=True,
            served_by_header="x-provider",
            names_failures=True,
        ),
        headers={},
        extra_body={"provider": gateway.name},
        calls=None,
    )


# Google is left out: at several gateways it stands before the slash as a model's maker.
_MAKERS = frozenset({"google"})


def _slugs_of_others(name: str) -> frozenset[str]:
    """What stands before the slash in ids of other gateways: their names, LiteLLM's for them."""
    others = set(BUILT_IN) - _MAKERS - {name}
    slugs = others | {f"{other}_ai" for other in others} | {"gemini"}
    return frozenset(slugs - ({"gemini"} if name == "google" else set()))


def _is_of(entry: Entry, name: str, foreign: frozenset[str]) -> bool:
    """Whether an entry may be this gateway's: it says so, or says nothing else."""
    source = text_at(entry, "source_gateway").lower()
    if source in BUILT_IN:
        return BUILT_IN.aliases.get(source, source) == name
    slug, slash, _ = text_at(entry, "id").partition("/")
    return not slash or slug.lower() not in foreign


def _next_offset(document: Mapping[str, Any]) -> int | None:
    """Where the next page starts; None on the last page, and for a list that does not page.

    A page that does not move on would be asked for again and again, so it counts as the last.
    """
    start = as_count(dig(document, "offset")) or 0
    returned = as_count(dig(document, "returned"))
    if returned is None:
        data = document.get("data")
        returned = len(data) if isinstance(data, list) else 0
    after = start + returned
    more = document.get("has_more")
    if isinstance(more, bool):
        after = as_count(dig(document, "next_offset")) or after
        return after if more and after > start else None
    total = as_count(dig(document, "total"))
    return after if total is not None and start < after < total else None


def _of_gateway(gateway: Gateway) -> Callable[[tuple[Model, ...]], tuple[Model, ...]]:
    """Narrows Portkey's one catalogue to a gateway.

    The slug is the workspace owner's choice: when none of the ids carries the usual one, those
    that match the gateway's patterns are taken.
    """

    def keep(models: tuple[Model, ...]) -> tuple[Model, ...]:
        named = tuple(m for m in models if m.id.startswith(f"@{gateway.portkey_slug}/"))
        return named or tuple(m for m in models if _matches(m.id, gateway.portkey_ids))

    return keep


def _matches(model_id: str, patterns: tuple[str, ...]) -> bool:
    """Whether slug and model match a pattern, each its own side of the first slash."""
    slug, _, model = model_id.partition("/")
    for pattern in patterns:
        slug_pattern, _, model_pattern = pattern.partition("/")
        if fnmatchcase(slug.lower(), slug_pattern) and fnmatchcase(model.lower(), model_pattern):
            return True
    return False


def through_portkey(gateway: Gateway, environ: Mapping[str, str] | None = None) -> Gateway:
    """The gateway as Portkey offers it: its address, its key, its catalogue by `@slug/`.

    `environ` may move Portkey itself (PORTKEY_BASE_URL).
    Raises: ConfigError when it is not one of those that Portkey reaches.
    """
    if not gateway.portkey_slug:
        raise ConfigError(
            f"{gateway.name} is not reached through Portkey; leave --via off, or use --via native"
        )
    portkey = at_own_address(PORTKEY, environ or {})
    example = gateway.id_examples[0] if gateway.id_examples else "model"
    return replace(
        gateway,
        via=portkey.title,
        base_url=portkey.base_url,
        key_env=portkey.key_env,
        older_key_envs=portkey.older_key_envs,
        key_required=True,
        auth=portkey.auth,
        headers=portkey.headers,
        catalog=replace(portkey.catalog, keep=_of_gateway(gateway)),
        quirks=replace(
            gateway.quirks,
            max_tokens_field="max_tokens",
            served_by_header=portkey.quirks.served_by_header,
            rules=(*portkey.quirks.rules, *gateway.quirks.rules),
        ),
        id_form=portkey.id_form,
        id_examples=(f"@{gateway.portkey_slug}/{example}",),
    )
