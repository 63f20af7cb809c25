"""Lists that were read, and what was odd about them."""

import pytest

from gatewayz.client import Listing
from gatewayz.core import Attempt, Model, Outcome, Reply
from gatewayz.runner import CatalogRead, oddities_of

PAGE = Attempt(url="http://x/models", status=200, had_key=True)


def listing(*ids, **more):
    more.setdefault("listed", len(ids))
    return Listing(models=tuple(Model(id=i, listed=True) for i in ids), attempts=(PAGE,), **more)


@pytest.mark.parametrize(
    ("found", "kind", "words"),
    [
        (listing("a", duplicates=("a",)), "duplicate-ids", "'a'"),
        (listing("a", cut="'has_more' speaks of more"), "models-truncated", "has_more"),
        (listing("a", complete=False), "models-truncated", "broke off"),
        (listing("a", odd="a bare list"), "models-odd-shape", "a bare list"),
        (listing("a", flapping=tuple("vwxyz")), "models-flapping", "and 2 more came or went"),
    ],
)
def test_an_odd_list_passes_with_a_warning_and_is_counted_nowhere(memory, found, kind, words):
    seen = memory.run(memory.order(memory.lane("g")), memory.Memory(lambda gateway: found))

    of_list, of_model = seen.verdicts
    (warning,) = of_list.warnings
    assert (of_list.outcome, warning.kind) == (Outcome.PASSED, kind)
    assert words in warning.saw
    assert of_model.outcome is Outcome.PASSED
    assert seen.run.summary.total.passed == seen.run.summary.total.judged == 1
    assert next(e for e in seen.events if isinstance(e, CatalogRead)).verdict == of_list
    assert seen.run.plan[0] == of_list.observation.case


def test_models_that_are_to_be_tested_though_retired_are_named(memory):
    retired = Model(id="old", deprecated=True)

    verdict = oddities_of(memory.lane("g"), listing("a"), (Model(id="a"), retired))

    assert [f.kind for f in verdict.warnings] == ["deprecated-model"]
    assert "'old'" in verdict.warnings[0].saw


def test_what_is_odd_about_a_page_itself_is_told(memory):
    page = Attempt(
        status=200, content_type="text/plain", reply=Reply(oddities=("wrong-content-type",))
    )

    verdict = oddities_of(memory.lane("g"), Listing(models=(), attempts=(page,)), ())

    assert [f.kind for f in verdict.warnings] == ["wrong-content-type"]


def test_a_list_that_differs_at_the_second_look_is_told_only_when_it_is_looked_at_twice(memory):
    def flapping():
        answers = [["a", "b"], ["a", "c"]]
        return memory.Memory(lambda gateway: answers.pop(0))

    once = memory.run(memory.order(memory.lane("g")), flapping())
    twice = memory.run(memory.order(memory.lane("g"), look_twice=True), flapping())

    assert [v.observation.case.probe for v in once.verdicts] == ["chat", "chat"]
    assert [f.kind for f in twice.verdicts[0].warnings] == ["models-flapping"]
    assert "'b', 'c'" in twice.verdicts[0].warnings[0].saw


def test_a_list_read_with_the_key_that_chat_refuses_is_told_to_be_public(memory):
    executor = memory.Memory(lambda gateway: listing("a", "b"), lambda g, m, n: memory.refused(401))

    seen = memory.run(memory.order(memory.lane("g", concurrency=1)), executor)

    assert seen.verdicts[0].failure.kind == "auth-bad-key"
    assert [f.kind for f in seen.verdicts[0].warnings] == ["auth-listing-is-public"]


def test_a_list_of_which_nothing_can_be_read_is_unknown_and_not_a_failure(memory):
    page = Attempt(url="u", status=200, excerpt='{"data": "x"}', reply=Reply())
    odd = Listing(attempts=(page,), complete=False, oddities=("models-odd-shape",))

    seen = memory.run(memory.order(memory.lane("g")), memory.Memory(lambda gateway: odd))

    (verdict,) = seen.verdicts
    assert (verdict.outcome, verdict.failure.kind) == (Outcome.UNKNOWN, "models-odd-shape")
    assert verdict.reason
