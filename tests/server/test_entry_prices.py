"""What a model costs is listed by the backend so that a reader of its list reckons the same."""

import pytest

from gatewayz.core import Model, Price
from gatewayz.gateways import find_gateway, through_api
from gatewayz.server.entries import entry

GROQ = find_gateway("groq")


def read_back(price):
    listed = entry(Model(id="m", price=price), GROQ)
    return through_api(GROQ, "http://backend.invalid").catalog.page([listed]).models[0].price


@pytest.mark.parametrize(
    "price",
    [
        Price(1.0, 2.0),
        Price(1.0, 2.0, request_usd=0.01, picture_usd=0.002),
        Price(1.0, 2.0, thinking_usd_per_mtok=4.0, media_usd_per_mtok=3.0),
        Price(1.0, 2.0, cached_usd_per_mtok=0.1),
    ],
)
def test_all_that_is_charged_is_listed(price):
    assert read_back(price) == price


def test_a_price_that_is_not_all_of_it_is_unknown_to_who_reads_it_there():
    assert not read_back(Price(1.0, 2.0, unreckoned="hourly is charged as well")).known
