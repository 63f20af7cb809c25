"""Catalogues set side by side."""

from gatewayz.core import Model
from gatewayz.core.model import Price
from gatewayz.measure.comparison import Comparison
from gatewayz.measure.drift import Drift, ListDrift
from gatewayz.reports._comparison import comparison_document, comparison_lines

BEFORE = {
    ("groq", "direct"): (
        Model(id="a", context_tokens=8192, price=Price(1, 2)),
        Model(id="b"),
        Model(id="gone"),
    ),
    ("together", "direct"): (Model(id="x"),),
}
AFTER = {
    ("groq", "direct"): (
        Model(id="b"),
        Model(id="a", context_tokens=131072, price=Price(1, 3)),
        *(Model(id=f"new-{n}") for n in range(6)),
    ),
    ("cerebras", "direct"): (Model(id="y"),),
}


def test_what_is_new_gone_repriced_or_of_another_length_is_told_of_whole_catalogues():
    stale = Drift(
        gateway="groq", way="direct", model="a", before=Model(id="a"), after=Model(id="a")
    )
    other = Drift(
        gateway="mistral", way="direct", model="z", before=Model(id="z"), after=Model(id="z")
    )

    found = Comparison(drifts=(stale, other)).with_catalogues(BEFORE, AFTER)

    (listed,) = found.lists  # of gateways that one side alone was offered nothing is said
    assert listed == ListDrift(
        gateway="groq", way="direct", new=tuple(f"new-{n}" for n in range(6)), gone=("gone",)
    )
    assert [(one.gateway, one.model) for one in found.drifts] == [("groq", "a"), ("mistral", "z")]
    assert found.drifts[0].after.context_tokens == 131072
    lines = "\n".join(comparison_lines(found, width=80))
    assert "  groq: 6 new (new-0, new-1, new-2 and 3 more), 1 gone (gone)" in lines
    assert "context 131,072, was 8,192" in " ".join(lines.split())
    assert comparison_document(found)["lists"][0]["gone"] == ["gone"]


def test_the_same_models_in_another_order_are_no_drift():
    turned = {lane: tuple(reversed(models)) for lane, models in BEFORE.items()}
    found = Comparison().with_catalogues(BEFORE, turned)

    assert (found.lists, found.drifts) == ((), ())


def listed(cached):
    price = Price(1, 2, cached_usd_per_mtok=cached)
    return {("groq", "direct"): (Model(id="a", price=price),)}


def test_a_price_of_cached_input_that_is_told_for_the_first_time_is_no_other_price():
    told = Comparison().with_catalogues(listed(None), listed(0.1))
    changed = Comparison().with_catalogues(listed(0.1), listed(0.25))

    assert told.drifts == ()
    assert len(changed.drifts) == 1
    words = " ".join(" ".join(comparison_lines(changed, width=80)).split())
    assert "groq / a: cached input $0.25 per million tokens, was $0.1" in words
    assert "in and out" not in words
