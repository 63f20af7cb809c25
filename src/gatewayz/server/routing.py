"""Which gateway a request goes to, and what exactly is sent there.

The rules, first match wins (docs/server.md, "Routing"):

1. `provider` as a string names the gateway, by name or alias; `model` is sent as it is.
2. `model` begins with the name of a configured gateway and a slash: that gateway gets the rest, or
   the whole, where its list here has the whole and not the rest.
3. `model` begins with @ and a slug of Portkey's: Portkey gets it as it stands; where it is not
   configured, the gateway of that slug gets the rest.
4. `model` is listed as it stands by one or more configured gateways: the first in order gets it.
5. `model` begins with the name of a gateway that is not configured: the answer says what to set.
"""

from __future__ import annotations

import difflib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import nlargest
from itertools import islice
from typing import Any

import msgspec

from gatewayz.core import Allowance
from gatewayz.core.gateway import Gateway
from gatewayz.core.refusals import TOKEN_FIELDS
from gatewayz.server.backend import Backend
from gatewayz.server.catalogues import Catalogue
from gatewayz.server.other_models import check_others
from gatewayz.server.refusals import Refusal, bad_request, not_allowed, not_found
from gatewayz.server.unasked_counts import ASKED_FOR, ask_for_counts
from gatewayz.server.upstream_errors import has_no
from gatewayz.server.visits import Visit

# A client chooses the gateway, never its address or its key.
REFUSED_FIELDS = ("api_base", "base_url", "api_url", "api_key")
_REFUSED = frozenset(REFUSED_FIELDS)
MAX_MODEL_CHARS = 500
_MAX_CANDIDATES = 500
_MAX_COMPARED = 10
_SWITCH = (bool, type(None))
_PROVIDER = (str, dict, type(None))


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A route of the API that gateways may have: its path, and the field it cannot do without.

    `needs` is of one of `types`; `what` says so in words. `limits` are the names by which its providers
    know a limit to an answer's tokens. Another name may mean something to some, but a provider that
    knows it not answers as if nothing were said. What is needed may be left out beside any of `instead`.
    """

    path: str
    needs: str
    types: tuple[type, ...]
    what: str
    limits: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()


_TEXT_OR_LIST = (str, list)
CHAT = Endpoint("chat/completions", "messages", (list,), "a list of messages", TOKEN_FIELDS)
COMPLETIONS = Endpoint(
    "completions", "prompt", _TEXT_OR_LIST, "a text, or a list of them", ("max_tokens",)
)
EMBEDDINGS = Endpoint("embeddings", "input", _TEXT_OR_LIST, "a text, or a list of them")
# Each of these brings an input along (openai-python 3.57.0, ResponseCreateParams; read 2026-11-27).
RESPONSES = Endpoint(
    "responses", "input", _TEXT_OR_LIST, "a text, or a list of items", ("max_output_tokens",),
    instead=("prompt", "previous_response_id", "conversation"),
)  # fmt: skip
ENDPOINTS = (CHAT, COMPLETIONS, EMBEDDINGS, RESPONSES)
# Whose streams tell their counts where they are asked to; others tell them anyway.
_COUNT_IF_ASKED = (CHAT, COMPLETIONS)


class Order(msgspec.Struct, kw_only=True):
    """One decided request: for what, to whom, with which key, and the body to send.

    `adapted` names the fields that were renamed, left out or added; `counts_unasked` says that the
    stream's counts are asked for, and its client did not do so.
    """

    endpoint: Endpoint
    gateway: Gateway
    model: str
    body: dict[str, Any]
    stream: bool
    key: str | None
    adapted: tuple[str, ...] = ()
    counts_unasked: bool = False

    def __repr__(self) -> str:
        # Without the key.
        return f"Order({self.gateway.name}/{self.model}, stream={self.stream})"

    @property
    def url(self) -> str:
        """Where it is sent."""
        return self.gateway.url_of(self.endpoint.path)


async def decide(
    asked: dict[str, Any],
    endpoint: Endpoint,
    backend: Backend,
    visit: Visit,
    *,
    asks_for_counts: bool = True,
) -> Order:
    """The order for a request's JSON object, within what its key allows. Raises: Refusal.

    `asks_for_counts` False is for a provider that may refuse it.
    """
    _check(asked, endpoint)
    allowance = visit.allowance
    provider = asked.get("provider")
    if isinstance(provider, str):
        gateway, model = backend.find(provider), asked["model"]
    else:
        model = asked["model"]
        gateway, model = backend.prefixed(model) or await by_model(model, backend, visit)
    if not allowance.allows(gateway.name, model):
        # As it was asked: what is sent in its place is known by the gateway's list.
        named = f"{gateway.name}/{model}" if isinstance(provider, str) else asked["model"]
        raise not_allowed(named, "model")
    check_others(asked, gateway.name, allowance)
    if gateway.calls is not None and endpoint is not CHAT:  # functions answer chats alone
        raise has_no(endpoint.path, gateway)
    key = backend.key_of(gateway)
    body = {**asked, "model": model}
    if "provider" in body and not isinstance(provider, dict):
        # An object here is OpenRouter's own field, and is passed on.
        del body["provider"]
    adapted = _in_dialect(body, gateway) if endpoint is CHAT else ()
    stream = bool(asked.get("stream"))
    counts_unasked = (
        asks_for_counts
        and visit.counts_tokens
        and stream
        and endpoint in _COUNT_IF_ASKED
        and gateway.quirks.stream_usage
        and gateway.calls is None
        and backend.refused_counts.may_ask((gateway.name, model, endpoint.path))
        and ask_for_counts(body)
    )
    return Order(
        endpoint=endpoint,
        gateway=gateway,
        model=model,
        body=body,
        stream=stream,
        key=key,
        adapted=(*adapted, ASKED_FOR) if counts_unasked else adapted,
        counts_unasked=counts_unasked,
    )


def _check(asked: dict[str, Any], endpoint: Endpoint) -> None:
    """What is needed to route and to answer; the rest is between client and provider."""
    if not _REFUSED.isdisjoint(asked):
        name = next(name for name in REFUSED_FIELDS if name in asked)
        told = f"'{name}' is not taken from requests; the server's own settings hold it"
        raise bad_request(told, param=name)
    model = asked.get("model")
    if not isinstance(model, str) or not model:
        raise bad_request(
            "'model' is needed: a model id, such as groq/llama-3.3-70b", param="model"
        )
    check_id(model, "model")
    if not isinstance(asked.get(endpoint.needs), endpoint.types):
        _check_instead(asked, endpoint)
    if not isinstance(asked.get("stream"), _SWITCH):
        raise bad_request("'stream' is true or false", param="stream")
    if not isinstance(asked.get("provider"), _PROVIDER):
        raise bad_request("'provider' is a gateway's name", param="provider")


def _check_instead(asked: dict[str, Any], endpoint: Endpoint) -> None:
    """What takes the place of the field that is needed. Raises: Refusal."""
    name = endpoint.needs
    if asked.get(name) is not None or all(asked.get(one) is None for one in endpoint.instead):
        others = f", or one of {', '.join(endpoint.instead)}" if endpoint.instead else ""
        raise bad_request(f"'{name}' is needed: {endpoint.what}{others}", param=name)


def check_id(model: str, param: str) -> None:
    """Whether a text can be the id of a model. Raises: Refusal, 400, which names the field."""
    if len(model) > MAX_MODEL_CHARS:
        raise bad_request(f"'{param}' is longer than {MAX_MODEL_CHARS} characters", param=param)
    try:
        model.encode()
    except UnicodeEncodeError:  # JSON may hold it, escaped; no header, address or log can
        told = f"'{param}' holds half of a character (a lone surrogate)"
        raise bad_request(told, param=param) from None


async def by_model(model: str, backend: Backend, visit: Visit) -> tuple[Gateway, str]:
    """The gateway that has a model, where the id names none that is configured.

    Only what the key may use is looked at: of the rest it hears nothing. Raises: Refusal.
    """
    prefix, _, rest = model.partition("/")
    named = backend.known(prefix) if rest else None
    gateways = backend.configured()
    if model.startswith("@") and rest and (slugged := _by_slug(model, gateways)):
        return slugged
    lists = backend.catalogues.all_here(gateways)
    if lists is None:
        began = time.monotonic()
        try:
            lists = await backend.catalogues.get_all(gateways)
        finally:
            visit.lost_s += time.monotonic() - began
    allowance = visit.allowance
    for gateway in gateways:
        found = lists[gateway.name]
        is_listed = isinstance(found, Catalogue) and model in found.by_id
        if is_listed and allowance.allows(gateway.name, model):
            return gateway, model
    if named is not None:
        return named, rest
    raise unknown_model(model, lists, allowance)


def _by_slug(model: str, gateways: tuple[Gateway, ...]) -> tuple[Gateway, str] | None:
    """Who is meant by an id such as @groq/llama-3.3-70b, None where nobody is.

    At Portkey itself the slug is a name that its user chose, so that it is not looked at.
    """
    slug, _, rest = model[1:].partition("/")
    at_portkey = next((g for g in gateways if _ids_have_slugs(g)), None)
    if at_portkey is not None:
        return at_portkey, model
    native = next((g for g in gateways if slug and slug in (g.portkey_slug, g.name)), None)
    return (native, rest) if native is not None else None


def _ids_have_slugs(gateway: Gateway) -> bool:
    return any(example.startswith("@") for example in gateway.id_examples)


def unknown_model(
    model: str, lists: dict[str, Catalogue | Refusal], allowance: Allowance
) -> Refusal:
    """404 for an id that nobody lists, naming the nearest one and the lists that are missing.

    Of what the key may not use it tells nothing.
    """
    model = model[:100]
    message = f"no configured gateway lists the model '{model}'"
    lists = {name: found for name, found in lists.items() if allowance.reaches(name)}
    near = _nearest(model, lists, allowance)
    message += f"; did you mean '{near}'?" if near else "; GET /v1/models shows all"
    unread = [name for name, found in lists.items() if isinstance(found, Refusal)]
    if unread:
        message += f" (not read: {', '.join(unread)})"
    return not_found(message, param="model", code="model_not_found", kind="model-not-found")


def _nearest(model: str, lists: dict[str, Catalogue | Refusal], allowance: Allowance) -> str:
    """The listed id that looks most like the one asked for, as `gateway/model`."""
    # Comparing is slow, and lists hold up to tens of thousands: only what shares a beginning, and of
    # that the few with the most in common by a look that costs next to nothing.
    alike: dict[str, str] = {}
    for full in islice(_alike(model, lists, allowance), _MAX_CANDIDATES):
        # In the same form: as `gateway/model` where so many slashes were asked for.
        bare = full.partition("/")[2]
        alike.setdefault(full if full.count("/") == model.count("/") else bare, full)
    threes = {model[at : at + 3] for at in range(len(model) - 2)}

    def likeness(id: str) -> float:
        return sum(map(id.__contains__, threes)) / (len(threes) + len(id) + 1)

    few = nlargest(_MAX_COMPARED, alike, key=likeness)
    close = difflib.get_close_matches(model, few, n=1, cutoff=0.5)
    return alike[close[0]] if close else ""


def _alike(
    model: str, lists: dict[str, Catalogue | Refusal], allowance: Allowance
) -> Iterator[str]:
    start = model.rsplit("/", 1)[-1].lower()[:3]
    for name, found in lists.items():
        if isinstance(found, Catalogue):
            for model_id in found.by_id:
                if start in model_id.lower() and allowance.allows(name, model_id):
                    yield f"{name}/{model_id}"


def _in_dialect(body: dict[str, Any], gateway: Gateway) -> tuple[str, ...]:
    """Puts the body into the gateway's dialect, and says what that changed; so do the answer's headers.

    Only what plain OpenAI clients cannot know: the name of the token limit, usage in streams, and what
    functions are not given. Whatever else a provider does not take, it says so itself.
    """
    adapted: tuple[str, ...] = ()
    quirks = gateway.quirks
    limit = quirks.max_tokens_field
    if limit != "max_tokens" and limit not in body and "max_tokens" in body:
        body[limit] = body.pop("max_tokens")
        adapted += (f"max_tokens={limit}",)
    functions = gateway.calls is not None
    for name, reads in (("stream_options", quirks.stream_usage), ("provider", True)):
        if name in body and (functions or not reads):
            del body[name]
            adapted += (f"{name}=",)
    body.update(gateway.extra_body)
    return adapted
