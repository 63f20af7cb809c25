"""What all routes share: the gateways, their keys, the way to them, their catalogues."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from gatewayz.client import Transport
from gatewayz.config import Settings
from gatewayz.core.errors import ConfigError, UnknownName, UnsendableKey
from gatewayz.core.gateway import Gateway
from gatewayz.core.model import Price
from gatewayz.core.text import Redactor
from gatewayz.core.timeouts import Timeouts
from gatewayz.server.catalogues import Catalogues
from gatewayz.server.crew import Crew
from gatewayz.server.headers import SentHeaders, upstream_headers
from gatewayz.server.keeper import Keeper
from gatewayz.server.key_mask import Forms, forms_of
from gatewayz.server.refusals import Refusal, not_found
from gatewayz.server.traffic import Traffic
from gatewayz.server.unasked_counts import RefusedCounts

# A client's own patience rules: when it leaves, the upstream is closed. These only end what
# nobody watches any more, and are as long as the common client libraries wait.
PATIENT = Timeouts(
    connect_s=10.0, first_byte_s=600.0, first_event_s=600.0, idle_s=120.0, total_s=1800.0
)

_MOST_KEPT = 1000


class Sent(NamedTuple):
    """Where a request goes and what goes with it, and `secrets`, which must not come back to a client."""

    url: str
    headers: SentHeaders
    secrets: Forms


@dataclass(frozen=True, kw_only=True)
class Backend:
    """The parts of one running server; made once by `create_app`.

    `prices` are by gateway, for those of its models whose price its list does not tell. `refused_counts`
    knows who answers a stream only where it is not asked for its counts.
    """

    settings: Settings
    gateways: Mapping[str, Gateway]
    transport: Transport
    timeouts: Timeouts
    catalogues: Catalogues
    keeper: Keeper
    traffic: Traffic
    crew: Crew
    redact: Redactor
    prices: Mapping[str, Price]
    refused_counts: RefusedCounts = field(default_factory=RefusedCounts)
    # Keys that cannot change while this runs, gateways that never get one, model ids that begin with
    # the name of a gateway with such a key, addresses and headers as they go out.
    _fixed_keys: dict[str, str] = field(default_factory=dict, repr=False)
    _never: set[str] = field(default_factory=set)
    _prefixed: dict[str, tuple[Gateway, str]] = field(default_factory=dict)
    _sent: dict[tuple[str, str, str | None, bool], Sent] = field(default_factory=dict, repr=False)
    # Short work for requests that are over, held so that it is not lost.
    _beside: set[asyncio.Task[None]] = field(default_factory=set, repr=False)

    def beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Starts what a request leaves to be done, and nobody waits for."""
        task = asyncio.get_running_loop().create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    def find(self, name: str, *, param: str = "provider") -> Gateway:
        """The gateway of that name or alias. Raises: Refusal, 404 with the nearest name."""
        gateway = self.known(name)
        if gateway is None:
            names = {n for g in self.gateways.values() for n in (g.name, *g.aliases)}
            message = str(UnknownName("gateway", name[:100], names))
            raise not_found(message, param=param, code="gateway_not_found")
        return gateway

    def known(self, name: str) -> Gateway | None:
        """The gateway of that name or alias, None when there is none."""
        found = self.gateways.get(name)
        if found is None:
            found = next((g for g in self.gateways.values() if name in g.aliases), None)
        return found

    def prefixed(self, model: str) -> tuple[Gateway, str] | None:
        """The configured gateway whose name a model id begins with, and the id as it is sent there."""
        found = self._prefixed.get(model)
        if found is not None:
            return found
        prefix, _, rest = model.partition("/")
        gateway = self.known(prefix) if rest else None
        if gateway is None or not self.is_configured(gateway):
            return None
        # Some providers' ids begin with their own name: groq/compound, openrouter/auto.
        listed = self.catalogues.listed
        if listed(gateway, model) is not None and listed(gateway, rest) is None:
            rest = model
        if gateway.name in self._fixed_keys:
            if len(self._prefixed) >= _MOST_KEPT:
                self._prefixed.clear()
            self._prefixed[model] = gateway, rest
        return gateway, rest

    def forget_prefixed(self) -> None:
        """What model ids stand for is looked up anew: a list has been read."""
        self._prefixed.clear()

    def key_of(self, gateway: Gateway) -> str | None:
        """The key to sign with, None for a gateway that runs without.

        Raises: Refusal when the gateway cannot be used as this server is configured.
        """
        fixed = self._fixed_keys.get(gateway.name)
        if fixed is not None:
            return fixed
        reason = "" if gateway.testable else gateway.description or "it is switched off"
        kind, key = "auth-no-key", None
        if not reason:
            try:
                key = self.settings.keys.find(gateway)
            except ConfigError as problem:
                reason = str(problem)
                if isinstance(problem, UnsendableKey):
                    kind = "auth-key-with-newline"
        if key is None and gateway.key_required and not reason:
            variables = " or ".join(gateway.key_envs)
            reason = f"set {variables} where the server runs"
        if reason:
            raise Refusal(
                401,
                f"{gateway.name} is not configured: {reason}",
                type="gateway_not_configured",
                code="gateway_not_configured",
                kind=kind,
                failure_class="auth",
                gateway=gateway.name,
            )
        if key is None:
            return None
        self.redact.add(key.value)
        if not self.settings.keys.files(gateway):
            self._fixed_keys[gateway.name] = key.value
        return key.value

    def sent(self, gateway: Gateway, path: str, key: str | None, *, stream: bool) -> Sent:
        """What is known of a request to one of its routes before its body is."""
        found = self._sent.get((gateway.name, path, key, stream))
        if found is None:
            if len(self._sent) > _MOST_KEPT:  # keys in files come and go
                self._sent.clear()
            # It is used from here for the first time: what its answers cost its list tells.
            self.catalogues.begin(gateway)
            found = Sent(
                gateway.url_of(path),
                upstream_headers(gateway, key, stream=stream),
                self.secrets_of(gateway, key),
            )
            self._sent[gateway.name, path, key, stream] = found
        return found

    def secrets_of(self, gateway: Gateway, key: str | None) -> Forms:
        """What an answer of this gateway is looked through for: its key, and secrets in its headers.

        Of one made of functions, which find keys by themselves, it is every secret that is known here.
        """
        if gateway.calls is not None:
            return self._all_secrets
        return forms_of((key or "", *self.settings.keys.secrets_in(gateway.headers.items())))

    @cached_property
    def _all_secrets(self) -> Forms:
        return forms_of(self.settings.keys.secrets())

    def is_configured(self, gateway: Gateway) -> bool:
        """Whether requests can be sent to it."""
        if gateway.name in self._never:
            return False
        try:
            self.key_of(gateway)
        except Refusal:
            if not self.settings.keys.files(gateway):
                self._never.add(gateway.name)
            return False
        return True

    def configured(self) -> tuple[Gateway, ...]:
        """The gateways that can be used: those of GATEWAYZ_GATEWAYS first and in its order."""
        first = [self.known(name) for name in self.settings.gateways]
        ordered = dict.fromkeys(g.name for g in (*first, *self.gateways.values()) if g is not None)
        return tuple(g for name in ordered if self.is_configured(g := self.gateways[name]))
