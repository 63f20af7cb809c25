"""The keys that clients may show, in memory, and what each of them may use.

Looked up by a keyed digest: whoever sends wrong keys cannot steer where the search goes, and learns
nothing from how long it takes. Unknown, revoked, or of another scheme: every wrong key is one case.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256

from gatewayz.config import Key
from gatewayz.core.client_key import Allowance, ClientKey, Digester
from gatewayz.server.accounts import Accounts, OwnAccounts
from gatewayz.server.gauges import Gauge


@dataclass(frozen=True, slots=True)
class Holder:
    """Who shows a key: its name, what log lines call it, what it may use and has used.

    `is_own` says that it is the server's own key, whose holder runs it.
    """

    name: str
    label: str
    digest: bytes = field(repr=False)
    allowance: Allowance
    gauge: Gauge = field(repr=False)
    is_own: bool = False


_CLOSED = "closed by a key"
_NOBODY = Holder("", "", bytes(32), Allowance(), Gauge(Allowance()))


class KeyRing:
    """The server's own key, and those that were given to clients, once they are taken.

    `accounts` is where it is written down what each has used; in this process alone when None.
    `is_open` says that no key was ever there: not in this ring, nor in that of another worker. A server
    that is closed stays closed, whether its last key is revoked or its store is not there any more.
    """

    def __init__(self, own: Key | None, accounts: Accounts | None = None) -> None:
        self._own = own
        self._accounts = accounts or OwnAccounts()
        self.is_open = True
        self._kept: dict[str, Holder] = {}
        self._by_digest: dict[bytes, Holder] = {}
        self.take((), None)

    @property
    def holds_kept(self) -> bool:
        """Whether there are any keys of clients, also revoked ones."""
        return bool(self._kept)

    def take(self, keys: Iterable[ClientKey], secret: bytes | None) -> None:
        """The kept keys as they are now; what a key has used is not forgotten.

        `secret` is what their digests are made with; None where there are none.
        """
        self._digest = Digester(secret or secrets.token_bytes(32))
        now, valid = {}, {}
        if self._own is not None:
            digest = self._digest(self._own.value.encode())
            own = self._holder(self._own.origin, self._own.fingerprint, digest, Allowance())
            valid[digest] = replace(own, is_own=True)
        for key in keys:
            holder = self._kept.get(key.name)
            digest = bytes.fromhex(key.digest)
            if holder is None or (holder.digest, holder.allowance) != (digest, key.allowance):
                holder = self._holder(key.name, key.prefix, digest, key.allowance)
            now[key.name] = holder
            if key.revoked_at is None:
                valid[digest] = holder
        self._kept, self._by_digest = now, valid
        if self.is_open:
            self.is_open = not (valid or now or self._accounts.is_known(_CLOSED))
            if not self.is_open:
                # For all workers: one may begin when the store is another one, and the others have died.
                self._accounts.account(_CLOSED)

    def _holder(self, name: str, label: str, digest: bytes, allowance: Allowance) -> Holder:
        # A key that was made anew under an old name begins anew.
        account = f"{name} {digest.hex()}"
        gauge = Gauge(allowance, accounts=self._accounts, name=account)
        return Holder(name, label, digest, allowance, gauge)

    def passes(self) -> Iterator[tuple[Holder, bytes]]:
        """Everybody whose key is good, with a secret that is the same in every worker while it is.

        The digest of a kept key is in the store; that of our own is made anew all the time.
        """
        for holder in self._by_digest.values():
            secret = holder.digest
            if holder.is_own and self._own is not None:
                secret = sha256(b"gatewayz pass of " + self._own.value.encode()).digest()
            yield holder, secret

    def holder(self, shown: bytes) -> Holder | None:
        """Whose key it is; None for a wrong one."""
        digest = self._digest(shown)
        found = self._by_digest.get(digest, _NOBODY)
        return found if hmac.compare_digest(found.digest, digest) else None
