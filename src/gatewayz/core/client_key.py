"""A key that the backend gave to a client, as it is remembered: never the key itself."""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime
from fnmatch import fnmatchcase

from gatewayz.core.errors import ConfigError
from gatewayz.core.text import visible

MARK = "gwz_"
# 256 bits: nobody guesses one, so that a fast digest is as good as a slow one.
_RANDOM_BYTES = 32
_SHOWN = len(MARK) + 6
# One of these has to stand where `gateway/model` has its slash.
_FIT_A_SLASH = frozenset("/*?")
# Nothing is called so: only what fits every name fits it.
_NO_NAME = "\n\n"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What one key may use; None and () stand for no limit.

    `requests_per_minute` and `tokens_per_minute` hold in any sixty seconds, `concurrency` at any
    moment. `gateways` are names, `models` patterns (`*`, `?`) over ids as `gateway/model`.
    """

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    concurrency: int | None = None
    gateways: tuple[str, ...] = ()
    models: tuple[str, ...] = ()

    def allows(self, gateway: str, model: str) -> bool:
        """Whether this model at this gateway may be asked."""
        if self.gateways and gateway not in self.gateways:
            return False
        if not self.models:
            return True
        full = f"{gateway}/{model}"
        # An id such as `chat[beta]` is no name that it fits as a pattern.
        return full in self.models or any(fnmatchcase(full, pattern) for pattern in self.models)

    def reaches(self, gateway: str) -> bool:
        """Whether anything at this gateway may be asked."""
        if self.gateways and gateway not in self.gateways:
            return False
        # By a pattern whose beginning covers the gateway's name, whatever follows.
        return not self.models or any(
            fnmatchcase(f"{gateway}/", pattern[:end])
            for pattern in self.models
            for end in range(1, len(pattern) + 1)
        )

    def allows_all_of(self, gateway: str) -> bool:
        """Whether every model of this gateway may be asked, whichever it may have."""
        if not self.models:
            return self.reaches(gateway)
        # What leaves out some character may leave out a model.
        stars = tuple(p for p in self.models if not set(p) & set("?["))
        return bool(stars) and replace(self, models=stars).allows(gateway, _NO_NAME)

    @property
    def allows_everything(self) -> bool:
        """Whether every model of every gateway may be asked."""
        return self.allows_all_of(_NO_NAME)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientKey:
    """One client's key: its name, its first characters, and its digest (hexadecimal)."""

    name: str
    prefix: str
    digest: str = field(repr=False)
    created_at: datetime
    revoked_at: datetime | None = None
    allowance: Allowance = Allowance()


def new_key(
    name: str, secret: bytes, *, created_at: datetime, allowance: Allowance | None = None
) -> tuple[str, ClientKey]:
    """A fresh key, to be shown once, and what is kept of it.

    Raises: ConfigError for a name that cannot stand in a list, a log or a query, and for a pattern that
    no model fits.
    """
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"a key's name is up to 64 letters, digits, dots, dashes and underscores, not '{name}'"
        )
    if allowance is not None and not all(map(str.strip, allowance.models)):
        raise ConfigError(
            "an empty pattern fits no model; write one such as 'groq/*', or leave it out"
        )
    for pattern in allowance.models if allowance is not None else ():
        if not set(pattern) & _FIT_A_SLASH:
            bare = visible(pattern)
            raise ConfigError(
                f"'{bare}' fits no model: here their ids are gateway/model;"
                f" write '*/{bare}', or 'gateway/{bare}' with a gateway's name"
            )
    value = MARK + secrets.token_urlsafe(_RANDOM_BYTES)
    return value, ClientKey(
        name=name,
        prefix=value[:_SHOWN],
        digest=digest_of(value.encode(), secret).hex(),
        created_at=created_at,
        allowance=allowance or Allowance(),
    )


def digest_of(value: bytes, secret: bytes) -> bytes:
    """HMAC-SHA-256 of a key: useless to whoever has the store and not the secret."""
    return Digester(secret)(value)


class Digester:
    """Makes digests under one secret; made once, since preparing it costs more than a digest does."""

    def __init__(self, secret: bytes) -> None:
        self._prepared = hmac.new(secret, digestmod="sha256")

    def __call__(self, value: bytes) -> bytes:
        """HMAC-SHA-256 of a key."""
        made = self._prepared.copy()
        made.update(value)
        return made.digest()
