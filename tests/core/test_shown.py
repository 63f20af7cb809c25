"""Which attempt shows a failure: the one in the form that the failure is about."""

from dataclasses import replace

from gatewayz.core import Attempt, Case, ChatRequest, Model, Observation, Outcome, Verdict
from gatewayz.core.attempt import ErrorBody
from gatewayz.core.failures import failure
from gatewayz.core.gateway import Quirks
from gatewayz.core.judge import judge
from gatewayz.core.shown import forms_tried, question_of, shown_by
from gatewayz.core.verdict import Finding, check

LISTED = Model(id="catalog/qwen", listed=True)


def tried(asked, status=200, message="", number=1, **body):
    return Attempt(
        asked=asked,
        status=status,
        number=number,
        body={"model": asked, **body},
        error=ErrorBody(message=message) if message else None,
        had_key=True,
    )


def verdict_of(kind, *attempts):
    seen = Observation(
        case=Case(gateway="chutes", probe="chat", model=LISTED),
        request=ChatRequest(messages=()),
        attempts=attempts,
    )
    return Verdict(observation=seen, outcome=Outcome.FAILED, failure=failure(kind))


def test_an_id_that_does_not_answer_is_shown_by_the_question_with_that_id():
    refused, answered = tried("catalog/qwen", 404), tried("qwen")

    assert shown_by(verdict_of("listed-id-differs", refused, answered)) is refused
    assert shown_by(verdict_of("listed-not-servable", refused, refused, answered)) is refused


def test_what_is_about_the_answer_is_shown_by_the_last_try():
    refused, answered = tried("catalog/qwen", 404), tried("qwen")

    assert shown_by(verdict_of("gibberish", refused, answered)) is answered


def test_a_refused_field_is_shown_by_a_question_that_has_it():
    message = "Unsupported parameter: 'max_tokens'"
    first = tried("catalog/qwen", 400, message, max_tokens=9)
    second = tried("catalog/qwen", 400, message, max_completion_tokens=9)

    found = verdict_of("unsupported-parameter", first, second)

    assert shown_by(found) is first
    assert forms_tried(found) == "with max_tokens (HTTP 400), with max_completion_tokens (HTTP 400)"


def test_another_field_that_was_refused_before_is_not_shown_for_this_one():
    first = tried("catalog/qwen", 400, "temperature is not supported", temperature=0)
    second = tried("catalog/qwen", 400, "unknown field: foo")

    assert shown_by(verdict_of("extra-field-refused", first, second)) is second


def test_every_id_that_was_tried_is_told_with_how_it_ended():
    attempts = [tried("catalog/qwen", 404), tried("catalog/qwen", 404), tried("qwen")]

    told = forms_tried(verdict_of("listed-id-differs", *attempts))

    assert told == "'catalog/qwen' (HTTP 404), 'qwen' (HTTP 200)"
    assert forms_tried(verdict_of("gibberish", *attempts[:2])) == ""


def test_the_refusal_that_is_told_of_a_model_that_is_gone_names_the_listed_id():
    def gone(name):
        return tried(name, 404, f"The model '{name}' does not exist")

    seen = verdict_of("gibberish", *map(gone, ("catalog/qwen", "catalog/qwen", "qwen"))).observation

    verdict = judge(seen, ((),), Quirks())

    assert verdict.failure.kind == "listed-not-servable"
    assert "'catalog/qwen'" in verdict.failure.evidence
    assert shown_by(verdict).asked == "catalog/qwen"


def test_a_step_that_fails_by_todays_rules_is_shown_though_later_ones_were_put():
    @check
    def never(_):
        return Finding(kind="gibberish", saw="x")

    first, second = tried("catalog/qwen"), replace(tried("catalog/qwen"), step=1)
    one, two = ChatRequest(messages=(), feature="a"), ChatRequest(messages=(), feature="b")
    seen = Observation(
        case=Case(gateway="g", probe="p", model=LISTED),
        request=one,
        then=(two,),
        attempts=(first, second),
    )

    verdict = judge(seen, ((never,), ()), Quirks())

    assert verdict.failure.kind == "gibberish"
    assert shown_by(verdict) == first
    assert question_of(verdict) == one
