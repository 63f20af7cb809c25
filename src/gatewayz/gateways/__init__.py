"""The gateways: one file each, exporting GATEWAY, and what finds, moves and reroutes them.

A file here whose name does not start with "_" is a gateway; adding one edits no list. See
docs/adding-a-gateway.md.
"""

from gatewayz.gateways._addresses import at_own_address, checked_base_url
from gatewayz.gateways._clients import BrokenClient, ClientError
from gatewayz.gateways._info import gateway_from, gateways_from
from gatewayz.gateways._known import check_names, find_gateway, gateway_names, known_gateways
from gatewayz.gateways._table import markdown_table
from gatewayz.gateways._ways import API_KEY_ENV, API_URL_ENV, through_api, through_portkey

__all__ = [
    "API_KEY_ENV",
    "API_URL_ENV",
    "BrokenClient",
    "ClientError",
    "at_own_address",
    "check_names",
    "checked_base_url",
    "find_gateway",
    "gateway_from",
    "gateway_names",
    "gateways_from",
    "known_gateways",
    "markdown_table",
    "through_api",
    "through_portkey",
]
