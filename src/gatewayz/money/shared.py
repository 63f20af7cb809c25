"""One ledger for several processes: what is spent and held stands in memory that they share.

It is made before they are forked. Whoever reserves or settles reads the sums, and leaves them changed,
under a lock that the kernel lets go of when its holder dies; what that one held stays held, so that no
cap is passed whatever happens.
"""

from __future__ import annotations

import mmap
from dataclasses import fields
from typing import Final

from gatewayz.core.file_lock import FileLock
from gatewayz.money.accounts import Account
from gatewayz.money.grants import Caps
from gatewayz.money.ledger import Ledger

# Of each sum; money is in millionths of a millionth, and eight bytes of them are 9 million dollars.
_BYTES: Final = 16


def shared_ledger(caps: Caps) -> Ledger:
    """A ledger whose copies in forked processes grant together no more than the caps.

    What it holds by gateway is each process's own.
    """
    account = Account()
    return Ledger(caps, _lock=_Shared(account), _all=account)


class _Shared:
    """Holds the lock, and has the account as all processes left it meanwhile."""

    def __init__(self, account: Account) -> None:
        self._account, self._lock = account, FileLock()
        self._names = [one.name for one in fields(account)]
        self._memory = mmap.mmap(-1, _BYTES * len(self._names))

    def __enter__(self) -> None:
        self._lock.__enter__()
        for at, name in enumerate(self._names):
            found = self._memory[at * _BYTES : (at + 1) * _BYTES]
            setattr(self._account, name, int.from_bytes(found, "little", signed=True))

    def __exit__(self, *_: object) -> None:
        sums = (getattr(self._account, name) for name in self._names)
        self._memory[:] = b"".join(one.to_bytes(_BYTES, "little", signed=True) for one in sums)
        self._lock.__exit__()
