"""One OpenAI-compatible client for all gateways: requests, event streams, timing, catalogues."""

from gatewayz.client.documents import BadDocument, parse
from gatewayz.client.events import EventReader, ServerEvent
from gatewayz.client.evidence import WITHHELD
from gatewayz.client.http import HttpClient
from gatewayz.client.listing import Listing
from gatewayz.client.rereading import can_reread, reread
from gatewayz.client.transport import HttpTransport, is_loopback
from gatewayz.client.wire import (
    Network,
    OutOfHandles,
    Transport,
    WireError,
    WireRequest,
    WireResponse,
)

__all__ = [
    "WITHHELD",
    "BadDocument",
    "EventReader",
    "HttpClient",
    "HttpTransport",
    "Listing",
    "Network",
    "OutOfHandles",
    "ServerEvent",
    "Transport",
    "WireError",
    "WireRequest",
    "WireResponse",
    "can_reread",
    "is_loopback",
    "parse",
    "reread",
]
