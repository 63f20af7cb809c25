"""What calls may cost and did: bounds before a request, a ledger with caps, prices, the audit."""

from gatewayz.money.accounts import Totals
from gatewayz.money.audit import Auditor
from gatewayz.money.billed import Billed, billed
from gatewayz.money.bound import Bound, bound_of
from gatewayz.money.grants import Caps, Overrun, Refusal, Reservation
from gatewayz.money.ledger import Ledger
from gatewayz.money.prices import PriceBook, Quote, package_prices

__all__ = [
    "Auditor",
    "Billed",
    "Bound",
    "Caps",
    "Ledger",
    "Overrun",
    "PriceBook",
    "Quote",
    "Refusal",
    "Reservation",
    "Totals",
    "billed",
    "bound_of",
    "package_prices",
]
