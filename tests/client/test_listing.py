"""How a model list differs from what is documented, and how it tells that it was cut."""

import pytest

from gatewayz.client.listing import oddness, shortness
from gatewayz.core import Catalog
from gatewayz.core.catalog import CatalogPage

PLAIN = Catalog()
BARE = Catalog(entries="")
PAGED = Catalog(next_page=lambda document: document.get("next"))


@pytest.mark.parametrize(
    ("catalog", "document", "dropped", "found"),
    [
        (PLAIN, {"object": "list", "data": []}, 0, ""),
        (BARE, [], 0, ""),
        (PLAIN, [], 0, "a bare list"),
        (PLAIN, {"models": []}, 0, "no list under 'data'"),
        (BARE, {"data": []}, 0, "not a bare list"),
        (PLAIN, {"data": []}, 2, "2 entries that are no models"),
    ],
)
def test_a_shape_is_odd_when_it_is_not_the_documented_one(catalog, document, dropped, found):
    page = CatalogPage((), 2, dropped, None)

    assert oddness(catalog, document, page) == found


@pytest.mark.parametrize(
    ("catalog", "document", "listed", "cut"),
    [
        (PLAIN, {"data": [], "has_more": False, "next": None}, 7, False),
        (PLAIN, {"data": [], "has_more": True}, 7, True),
        (PLAIN, {"data": [], "next_page_token": "x"}, 7, True),
        (PLAIN, {"data": [], "total": 7}, 7, False),
        (PLAIN, {"data": [], "total": 70}, 7, True),
        (PLAIN, {"data": [], "total": True}, 0, False),
        (PLAIN, {"data": []}, 100, True),
        (PLAIN, [], 99, False),
        (PAGED, {"data": []}, 100, False),
    ],
)
def test_a_list_that_speaks_of_more_or_ends_at_a_round_number_was_cut(
    catalog, document, listed, cut
):
    assert bool(shortness(catalog, document, listed)) is cut
