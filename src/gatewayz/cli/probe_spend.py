"""What the questions of one `gatewayz probe` took together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gatewayz.core import NotSent, Spend
from gatewayz.core.spend import audits_together


def spent_together(spends: Sequence[Spend]) -> Spend | None:
    """The accounts of runs that drew on one ledger, one after the other; None without any.

    The sums of the last are those of all; what each tells of its own cases is put together.
    """
    if not spends:
        return None
    return replace(
        spends[-1],
        unpriced=tuple(dict.fromkeys(name for one in spends for name in one.unpriced)),
        left_out=NotSent(
            cases=sum(one.left_out.cases for one in spends),
            tries=sum(one.left_out.tries for one in spends),
        ),
        overruns={name: told for one in reversed(spends) for name, told in one.overruns.items()},
        audits=audits_together(audit for one in spends for audit in one.audits),
    )
