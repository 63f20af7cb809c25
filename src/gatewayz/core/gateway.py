"""How one provider is reached."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any
from urllib.parse import urljoin, urlsplit

from gatewayz.core.catalog import Catalog
from gatewayz.core.errors import ConfigError
from gatewayz.core.phrases import Rule

# The client sets these by what it sends and over which connection; a second one beside it lets two
# readers see two requests (RFC 9112, 6.3 and 7.1; RFC 9110, 7.6.1).
_OF_THE_CONNECTION = frozenset({
    "host", "content-length", "transfer-encoding", "connection", "keep-alive", "proxy-connection",
    "proxy-authenticate", "proxy-authorization", "te", "trailer", "upgrade", "http2-settings", "expect",
})  # fmt: skip


def header_of_ours(names: Iterable[str]) -> str:
    """Which of these header fields is not for a gateway to set, and what to do; "" for none."""
    name = next((name for name in names if name.lower() in _OF_THE_CONNECTION), "")
    return (
        f"{name} is set by each request and connection itself; leave it out of headers"
        if name
        else ""
    )


@dataclass(frozen=True, slots=True)
class Auth:
    """Which header carries the key: `header: scheme key`, or `header: key` without a scheme."""

    header: str = "Authorization"
    scheme: str = "Bearer"

    def value(self, key: str) -> str:
        """The header's value for a key."""
        return f"{self.scheme} {key}" if self.scheme else key


@dataclass(frozen=True, slots=True)
class Limits:
    """What a gateway allows: calls at once, and starts per minute (None: no stated limit)."""

    concurrency: int = 4
    requests_per_minute: float | None = None


@dataclass(frozen=True, slots=True)
class Quirks:
    """Where a provider's dialect differs from plain OpenAI; shared code asks these.

    max_tokens_field    the request field that carries the token limit
    min_max_tokens      the smallest limit that is accepted
    stream_usage        whether `stream_options.include_usage` may be sent
    never_send          request fields that are refused with a 400
    served_by_header    the response header that names who really answered
    usage_excludes_reasoning  whether completion_tokens leaves reasoning out
    names_failures      whether an error's own `kind` and `class` are to be believed, as our
                        backend's are: it saw what happened on the way to the provider
    rules               more ways to tell a failure, looked at before the common ones
    """

    max_tokens_field: str = "max_tokens"
    min_max_tokens: int = 1
    stream_usage: bool = True
    never_send: frozenset[str] = frozenset()
    served_by_header: str = ""
    usage_excludes_reasoning: bool = False
    names_failures: bool = False
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Calls:
    """A gateway reached through a client's own functions, not by URL.

    list_models()                         -> list of ids, or of entries with an "id"
    request(messages, model, **options)   -> an OpenAI-shaped answer (mapping or object)
    stream(messages, model, **options)    -> an iterable of OpenAI-shaped chunks, or None

    Each may be plain or async. `options` holds max_tokens and temperature.
    """

    list_models: Callable[..., Any]
    request: Callable[..., Any]
    stream: Callable[..., Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """One provider: where it is, how it is signed, how its list is read, how it differs.

    name           the word on the command line and in reports
    title          the provider's own name
    base_url       what `/chat/completions` is appended to; no trailing slash
    key_env        the variable that holds the key; `older_key_envs` are read after it
    key_required   False for servers of one's own that take no key
    aliases        other names it answers to
    id_form        a sentence on how its model ids look, with `id_examples`
    headers        sent with every request; never a secret
    extra_body     fields added to every chat request, such as `provider` through the backend
    via            the service that it is called by way of, such as Portkey; "" for none
    portkey_slug   its usual slug at Portkey when it can be reached through it, else ""
    portkey_ids    a glob that its ids match in Portkey's catalogue when the slug differs
    url_env        the variable that holds its base URL, when not named like key and gateway
    docs           where its API is described
    calls          functions that replace HTTP altogether, for a client of one's own
    testable       False: skipped, with `description` as the reason
    """

    name: str
    title: str = ""
    base_url: str = ""
    key_env: str = ""
    older_key_envs: tuple[str, ...] = ()
    key_required: bool = True
    aliases: tuple[str, ...] = ()
    auth: Auth = Auth()
    catalog: Catalog = Catalog()
    limits: Limits = Limits()
    quirks: Quirks = Quirks()
    headers: Mapping[str, str] = field(default_factory=dict)
    extra_body: Mapping[str, Any] = field(default_factory=dict)
    id_form: str = ""
    id_examples: tuple[str, ...] = ()
    via: str = ""
    portkey_slug: str = ""
    portkey_ids: tuple[str, ...] = ()
    url_env: str = ""
    docs: str = ""
    calls: Calls | None = None
    testable: bool = True
    description: str = ""

    def __post_init__(self) -> None:
        """Raises: ConfigError for headers that are not a gateway's to set."""
        if ours := header_of_ours(self.headers):
            raise ConfigError(f"gateway '{self.name}': {ours}")

    @property
    def key_envs(self) -> tuple[str, ...]:
        """Every variable that may hold the key, the preferred one first."""
        return (self.key_env, *self.older_key_envs) if self.key_env else self.older_key_envs

    @property
    def base_url_envs(self) -> tuple[str, ...]:
        """Variables that may hold another base URL, named like the key and like the gateway."""
        if self.url_env:
            return (self.url_env,)
        stems = [self.name.upper().replace("-", "_")]
        if self.key_env:
            stems.insert(0, re.sub(r"(_API)?_(KEY|TOKEN)$", "", self.key_env))
        return tuple(dict.fromkeys(f"{stem}_BASE_URL" for stem in stems))

    @property
    def host(self) -> str:
        """Host and port of the base URL, without a login; "" for functions of one's own."""
        return _host_of(self.base_url)

    @property
    def chat_url(self) -> str:
        """The full URL of the chat route."""
        return self.url_of("chat/completions")

    def url_of(self, path: str) -> str:
        """The full URL of a route, whose path has no leading slash."""
        return f"{self.base_url.rstrip('/')}/{path}"

    @property
    def catalog_url(self) -> str:
        """The full URL of the first catalogue page."""
        return self._beside(self.catalog.path)

    @property
    def other_catalog_url(self) -> str:
        """Where the catalogue may be instead; "" when there is one place only."""
        return self._beside(self.catalog.otherwise) if self.catalog.otherwise else ""

    def _beside(self, path: str) -> str:
        return urljoin(self.base_url.rstrip("/") + "/", path.removeprefix("/"))

    def at(self, base_url: str) -> Gateway:
        """The same gateway somewhere else."""
        return replace(self, base_url=base_url.rstrip("/"))


@lru_cache(maxsize=1024)  # it is asked for with each attempt
def _host_of(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2].lower()
