"""Who may look at the dashboard: this machine where there are no keys, who has one, or everybody.

A browser sends no key by itself. It is asked for one on a form, and holds a pass (`passes.py`) from then on.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from gatewayz.core.client_key import Allowance
from gatewayz.server.callers import Caller
from gatewayz.server.key_ring import Holder, KeyRing
from gatewayz.server.pages import passes
from gatewayz.server.refusals import Refusal

# Everything under these has its own entrance in place of the door's.
PREFIXES = ("/status", "/badge/", "/api/v1/")
_ANYTHING = Allowance()


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks. `whole` says that runs may be seen with all that is in them, settings and commands.

    `is_public` is somebody who showed nothing. `allowance` says of which gateways and models.
    """

    whole: bool = False
    is_public: bool = False
    allowance: Allowance = _ANYTHING

    def sees(self, gateway: str, model: str = "") -> bool:
        """Whether it may know of a gateway, or of one of its models."""
        if not model:
            return self.allowance.reaches(gateway)
        return self.allowance.allows(gateway, model)

    def sees_all_of(self, gateway: str) -> bool:
        """Whether it may know of every model of a gateway, and so of what they come to together."""
        return self.allowance.allows_all_of(gateway)

    @property
    def sees_everything(self) -> bool:
        """Whether it may know of every gateway and model, and so of what they come to together."""
        return self.allowance.allows_everything

    def sees_target(self, target: str) -> bool:
        """Whether it may know of a promise's target: a model, all of a gateway's, or all of everything."""
        if target == "all":
            return self.sees_everything
        gateway, slash, model = target.partition("/")
        return self.sees(gateway, model) if slash else self.sees_all_of(gateway)


class Entrance:
    """Tells who may look. `public` says that the status pages are for everybody.

    `only_this_machine` raises Refusal for a request from elsewhere; `now` gives Unix time.
    """

    def __init__(
        self,
        ring: KeyRing,
        *,
        public: bool,
        only_this_machine: Callable[[Caller, dict[bytes, bytes]], None],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._ring = ring
        self.public = public
        self._only_this_machine = only_this_machine
        self._now = now

    @property
    def wants_keys(self) -> bool:
        """Whether a key opens anything here."""
        return not self._ring.is_open

    def viewer(self, caller: Caller) -> Viewer | None:
        """Who looks; None for somebody who is to show a key first.

        Raises: Refusal, 403, for who comes from elsewhere to a server that has no key.
        """
        headers = dict(caller.headers)
        if self._ring.is_open:
            return self._on_this_machine(caller, headers)
        holder = self._by_key(headers.get(b"authorization", b"")) or self._by_pass(
            headers.get(b"cookie", b"")
        )
        if holder is not None:
            caller.visit.holder = holder
            return Viewer(whole=holder.is_own, allowance=holder.allowance)
        return Viewer(is_public=True) if self.public else None

    def pass_for(self, key: str) -> str | None:
        """A pass in exchange for a key; None for a wrong one."""
        holder = self._ring.holder(key.strip().encode())
        if holder is None:
            return None
        # Not by its name: a client's key may be called as the server's own is.
        secret = next(secret for one, secret in self._ring.passes() if one is holder)
        return passes.issue(secret, self._now())

    def _by_key(self, given: bytes) -> Holder | None:
        scheme, _, key = given.partition(b" ")
        return self._ring.holder(key.strip()) if scheme.lower() == b"bearer" else None

    def _by_pass(self, cookies: bytes) -> Holder | None:
        text = passes.in_cookies(cookies)
        return passes.holder_of(text, self._ring.passes(), self._now()) if text else None

    def _on_this_machine(self, caller: Caller, headers: dict[bytes, bytes]) -> Viewer:
        """A program or a browser of this machine; else the public, if it is let in."""
        try:
            self._only_this_machine(caller, headers)
        except Refusal:
            if self.public:
                return Viewer(is_public=True)
            raise
        return Viewer(whole=True)
