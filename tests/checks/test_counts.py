"""Checks of counts, limits, names and notices, with the healthy look-alikes of each."""

import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gatewayz.checks.answers_the_sum import answers_the_sum
from gatewayz.checks.answers_with_the_code_word import answers_with_the_code_word
from gatewayz.checks.as_many_choices_as_asked import as_many_choices_as_asked
from gatewayz.checks.counts_both_forms_alike import counts_both_forms_alike
from gatewayz.checks.counts_follow_the_length import counts_follow_the_length
from gatewayz.checks.counts_the_known_prompt import counts_the_known_prompt
from gatewayz.checks.cut_says_length import cut_says_length
from gatewayz.checks.differs_for_another_question import differs_for_another_question
from gatewayz.checks.echoes_every_letter import echoes_every_letter
from gatewayz.checks.ends_before_stop import ends_before_stop
from gatewayz.checks.gives_logprobs import gives_logprobs
from gatewayz.checks.keeps_to_max_tokens import keeps_to_max_tokens
from gatewayz.checks.knows_the_earlier_turn import knows_the_earlier_turn
from gatewayz.checks.named_alike import named_alike
from gatewayz.checks.no_repetition_loop import no_repetition_loop
from gatewayz.checks.not_deprecated import not_deprecated
from gatewayz.checks.not_truncated import not_truncated
from gatewayz.checks.obeys_the_system_message import obeys_the_system_message
from gatewayz.checks.same_with_the_same_seed import same_with_the_same_seed
from gatewayz.checks.served_by_the_asked_model import served_by_the_asked_model
from gatewayz.checks.usage_adds_up import usage_adds_up
from gatewayz.checks.usage_not_zero import usage_not_zero
from gatewayz.checks.usage_plausible import usage_plausible
from gatewayz.core import Culprit, Habits, Model, Occasion, Quirks, ToolCall, Usage
from gatewayz.core.judge import judge
from gatewayz.probes.usage import PROBE as USAGE

SENTENCE = "Once upon a time an old baker found a small brass key under the long bridge."


@pytest.mark.parametrize(
    ("asked", "served", "kind"),
    [
        ("gpt-4o", "claude-3-haiku-20240307", "wrong-model-served"),
        ("meta-llama/Llama-3.3-70B-Instruct", "llama-3.1-8b-instant", "wrong-model-served"),
        ("openai/gpt-oss-120b", "mistral-small-latest", "wrong-model-served"),
        ("gpt-4o", "gpt-4o-2024-08-06", None),
        ("meta-llama/Llama-3.3-70B-Instruct", "llama-3.3-70b-versatile", None),
        ("openrouter/auto", "anthropic/claude-sonnet-4.5", None),
        ("my-deployment", "gpt-4o", None),
        ("gpt-4o", "", None),
        ("tiny", "/models/tiny.gguf", None),
    ],
)
def test_another_model_fails_and_an_alias_does_not(by_hand, asked, served, kind):
    seen = by_hand.seen("Paris", model=served, sent_as=asked, card=Model(id=asked))

    assert by_hand.kind(served_by_the_asked_model(seen)) == kind


@pytest.mark.parametrize(
    ("asked", "served", "warns"),
    [
        ("llama-3.1-sonar-large-128k-online", "sonar-pro", True),
        ("sonar-pro", "llama-3.3-70b", True),
        ("mistral-7b", "HuggingFaceH4/zephyr-7b-beta", True),
        ("Qwen/Qwen2.5-32B", "qwq-32b", True),
        ("mistral-small-latest", "devstral-small-2507", True),
        ("gpt-4o", "gpt-4o-mini", True),
        ("mistral-7b", "llama-3.1-8b", False),
        ("zephyr-7b-beta", "gpt-4o", False),
        ("sonar-pro", "claude-3-opus", False),
    ],
)
def test_a_name_of_a_kindred_family_is_a_warning_at_most(by_hand, asked, served, warns):
    seen = by_hand.seen("Paris", model=served, sent_as=asked, card=Model(id=asked))

    assert served_by_the_asked_model(seen).warning is warns


@pytest.mark.parametrize(
    ("text", "counts", "fine"),
    [
        ("Paris", (0, 0, 0), False), ("Paris", (9, 0, 9), False), ("Paris", (None, None, 0), False),
        ("Paris", (9, 1, 10), True), ("", (9, 0, 9), True), ("Paris", None, True),
        ("Paris", (None, None, None), True), ("Paris", (None, 3, None), True),
    ],
)  # fmt: skip
def test_usage_zero(by_hand, text, counts, fine):
    found = usage_not_zero(by_hand.seen(text, usage=counts))

    assert by_hand.kind(found) == (None if fine else "usage-zero")
    assert fine or found.warning


@pytest.mark.parametrize(
    ("usage", "fine"),
    [
        (Usage(input_tokens=9, output_tokens=2, total_tokens=11), True),
        (Usage(input_tokens=9, output_tokens=2, total_tokens=211, reasoning_tokens=200), True),
        (Usage(input_tokens=9, output_tokens=2, total_tokens=211), True),  # thought, told nowhere
        (Usage(input_tokens=9, output_tokens=202, total_tokens=211, reasoning_tokens=200), True),
        (Usage(input_tokens=900, output_tokens=2, total_tokens=102, cached_tokens=800), True),
        (Usage(input_tokens=9, total_tokens=9), True),
        (Usage(input_tokens=9, output_tokens=2, total_tokens=10), False),
        (Usage(input_tokens=9, output_tokens=2, total_tokens=9), False),
        (Usage(input_tokens=9, output_tokens=2, total_tokens=0), False),
    ],
)
def test_usage_sums(by_hand, usage, fine):
    found = usage_adds_up(by_hand.seen("Paris", usage=usage))

    assert by_hand.kind(found) == (None if fine else "usage-inconsistent")


@pytest.mark.parametrize(
    ("text", "counts", "fine"),
    [
        ("Paris", (14, 1, 15), True),
        ("Paris", (95, 1, 96), True),  # a chat template
        ("Paris", (1, 1, 2), False),
        ("Paris", (0, 1, 1), False),
        ("Paris", (128_014, 1, 128_015), False),
        ("Paris", (400, 1, 401), False),
        (SENTENCE, (14, 17, 31), True),
        (SENTENCE, (14, 40, 54), True),
        (SENTENCE, (14, 1, 15), False),
        (SENTENCE, (14, 9000, 9014), False),
        ("-" * 400, (14, 5, 19), True),
        ("東京は日本の首都です。", (14, 9, 23), True),
        ("", (14, 0, 14), True),
    ],
)
def test_usage_bounds(by_hand, text, counts, fine):
    found = usage_plausible(by_hand.seen(text, usage=counts))

    assert by_hand.kind(found) == (None if fine else "usage-implausible")


def test_usage_bounds_know_of_images_thoughts_caches_and_templates(by_hand):
    image = [{"type": "text", "text": "Read it."}, {"type": "image_url", "image_url": {"url": "x"}}]
    tools = by_hand.asked(extra={"tools": [{"description": "d" * 4000}]})
    thinker = Model(id="m", capabilities=frozenset({"chat", "reasoning"}))

    assert usage_plausible(by_hand.seen("7", by_hand.asked(image), usage=(2500, 1, 2501))) is None
    assert usage_plausible(by_hand.seen("7", tools, usage=(900, 1, 901))) is None
    assert usage_plausible(by_hand.seen("7", tools, usage=(14, 1, 15))) is None
    assert usage_plausible(by_hand.seen("7", card=thinker, usage=(14, 5000, 5014))) is None
    assert usage_plausible(by_hand.seen("7", model="grok-4", usage=(690, 1, 691))) is None
    cached = Usage(input_tokens=1, output_tokens=1, cached_tokens=13)
    assert usage_plausible(by_hand.seen("7", usage=cached)) is None


@pytest.mark.parametrize(
    ("counts", "limit", "finish", "fine"),
    [
        ((9, 3, 12), 50, "length", False), ((9, 20, 29), 50, "length", False),
        ((9, 50, 59), 50, "length", True), ((9, 47, 56), 50, "length", True),
        ((9, 3, 12), 50, "stop", True), ((9, 3, 12), None, "length", True),
        (None, 50, "length", True), ((9, 3, 59), 50, "length", True), ((9, 0, 9), 50, "length", True),
    ],
)  # fmt: skip
def test_a_cut_well_before_the_limit(by_hand, counts, limit, finish, fine):
    request = by_hand.asked(max_tokens=limit)
    found = not_truncated(by_hand.seen("Once", request, usage=counts, finish_reason=finish))

    assert by_hand.kind(found) == (None if fine else "truncated-answer")


def test_a_cut_at_the_models_own_limit_is_healthy(by_hand):
    request = by_hand.asked(max_tokens=5000)
    small = Model(id="m", max_output_tokens=100)
    full = Model(id="m", context_tokens=110)
    end = {"usage": (9, 100, 109), "finish_reason": "length"}

    assert not_truncated(by_hand.seen("Once", request, card=small, **end)) is None
    assert not_truncated(by_hand.seen("Once", request, card=full, **end)) is None
    assert not_truncated(by_hand.seen("Once", request, **end)) is not None


@pytest.mark.parametrize(
    ("text", "counts", "limit", "fine"),
    [
        (", ".join(map(str, range(1, 41))), (8, 16, 24), 16, False),
        (SENTENCE * 10, None, 50, False),
        (SENTENCE, (9, 60, 69), 50, False),
        (SENTENCE, (9, 17, 26), 50, True),
        ("1, 2, 3, 4, 5, 6, 7, 8,", (8, 16, 24), 16, True),
        ("Test successful", (9, 300, 309), 50, True),  # thoughts, told nowhere
        (SENTENCE, (9, 17, 26), None, True),
        ("東京は日本の首都です。" * 2, None, 30, True),
        ("", None, 16, True),
    ],
)
def test_a_limit_that_is_not_kept(by_hand, text, counts, limit, fine):
    found = keeps_to_max_tokens(by_hand.seen(text, by_hand.asked(max_tokens=limit), usage=counts))

    assert by_hand.kind(found) == (None if fine else "max-tokens-ignored")


def test_the_limit_is_the_one_that_went_out(by_hand):
    request, text = by_hand.asked(max_tokens=16), SENTENCE * 3
    raised = {"model": "m", "max_completion_tokens": 128}

    assert keeps_to_max_tokens(by_hand.seen(text, request)) is not None
    assert keeps_to_max_tokens(by_hand.seen(text, request, body=raised)) is None
    assert keeps_to_max_tokens(by_hand.seen(text, request, body={"model": "m"})) is None


def test_thoughts_apart_are_not_counted_against_the_limit(by_hand):
    request = by_hand.asked(max_tokens=50)
    apart = Usage(input_tokens=9, output_tokens=80, reasoning_tokens=60)

    assert keeps_to_max_tokens(by_hand.seen(SENTENCE, request, usage=apart)) is None
    shown = by_hand.seen(SENTENCE, request, usage=(9, 80, 89), reasoning="It is a story.")
    assert keeps_to_max_tokens(shown) is None


@pytest.mark.parametrize(
    ("reply", "fine"),
    [
        ({"headers": {"deprecation": "true"}}, False),
        ({"headers": {"Sunset": "Sat, 31 Oct 2026 00:00:00 GMT"}}, False),
        ({"notice": "This model will be retired on 2026-12-01."}, False),
        ({"notice": "Das Modell wird abgeschaltet."}, False),
        ({"notice": "该模型将于下月下线"}, False),
        ({"notice": "Ce modèle sera bientôt retiré."}, False),
        ({"notice": "This model will soon be removed from the API."}, False),
        ({"notice": "El modelo está obsoleto."}, False),
        ({"notice": "Welcome to the new model gallery."}, True),
        ({"notice": "Ce modèle sera supprimé en mars."}, False),
        ({"notice": "The model is deprecated; its parameters move on."}, False),
        ({"headers": {"deprecation": "false"}}, True),
        ({"notice": "The parameter max_tokens is deprecated."}, True),
        ({"notice": "Your plan allows 5 requests."}, True),
        ({"text": "This model is deprecated."}, True),
        ({}, True),
    ],
)
def test_a_retirement_is_told(by_hand, reply, fine):
    found = not_deprecated(by_hand.seen(**reply))

    assert by_hand.kind(found) == (None if fine else "deprecated-model")


WORD = {"oracle": {"answer": "tavomi-4821"}}
REPEAT = 'Repeat this code word and nothing else: "tavomi-4821"'


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ({"text": "tavomi-4821"}, None),
        ({"text": "The code word is **TAVOMI 4821**."}, None),
        ({"text": '"tavomi–4821"'}, None),
        ({"text": "kelura-1234"}, "stale-cached-answer"),
        ({"text": 'The code word is "zukori-1182".'}, "stale-cached-answer"),
        ({"text": "Test successful"}, "stale-cached-answer"),
        ({"text": "The capital of France is Paris."}, "stale-cached-answer"),
        ({"text": "Water boils sooner up there."}, "stale-cached-answer"),
        ({"text": "Sure! Water boils sooner up there."}, "stale-cached-answer"),
        ({"text": "42"}, "stale-cached-answer"),
        ({"text": "tavomi-4812"}, "unnamed"),
        ({"text": "tavomi"}, "unnamed"),
        ({"text": "I cannot repeat code words."}, "unnamed"),
        ({"text": "Sure! What is the code word?"}, "unnamed"),
        ({"text": "Hello! How can I help?"}, "unnamed"),
        ({"text": "Okay."}, "unnamed"),
        ({"text": "tavo", "finish_reason": "length"}, "reasoning-ate-budget"),
    ],
)
def test_the_code_word(by_hand, reply, kind):
    found = answers_with_the_code_word(by_hand.seen(request=by_hand.asked(REPEAT, **WORD), **reply))

    assert by_hand.kind(found) == kind
    assert found is None or not found.warning


@pytest.mark.parametrize(
    ("text", "age_s", "culprit"),
    [
        ("Test successful", -0.4, Culprit.MODEL), ("Test successful", 1, Culprit.MODEL),
        ("Test successful", -4, None), ("Test successful", 1e12, None),
        ("Test successful", None, None), ("zukori-1182", 0, None),
    ],
)  # fmt: skip
def test_what_a_model_says_just_now_is_not_laid_on_a_cache(by_hand, text, age_s, culprit):
    asked_at = datetime(2026, 11, 25, 12, 0, 0, 500_000, tzinfo=UTC)
    created = None if age_s is None else math.floor(asked_at.timestamp() + age_s)
    seen = by_hand.seen(text, by_hand.asked(REPEAT, **WORD), created=created)
    seen = replace(seen, attempts=(replace(seen.attempts[0], started_at=asked_at),))

    found = judge(seen, ((answers_with_the_code_word,),), Quirks()).failure

    assert (found.kind, found.culprit) == ("stale-cached-answer", culprit or Culprit.GATEWAY)


def test_an_answer_that_goes_round_in_circles_is_told_as_that_alone(by_hand):
    request = by_hand.asked(REPEAT, max_tokens=50, **WORD)
    circles = by_hand.seen(f"I am a{' tiny' * 60}", request, finish_reason="length")
    checks = (no_repetition_loop, knows_the_earlier_turn, answers_with_the_code_word)

    verdict = judge(circles, (checks,), Quirks())

    assert verdict.failure.kind == "repetition-loop"
    assert verdict.also == ()


def test_an_answer_cut_before_the_word_is_told_as_cut(by_hand):
    request = by_hand.asked(REPEAT, max_tokens=50, **WORD)
    seen = by_hand.seen("tav", request, finish_reason="length", usage=(20, 1, 21))

    assert by_hand.kind(answers_with_the_code_word(seen)) == "truncated-answer"
    assert by_hand.kind(knows_the_earlier_turn(seen)) == "truncated-answer"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("tavomi-4821", None), ("It is Tavomi 4821.", None), ("I do not know.", "history-ignored"),
        ("kelura-1234", "history-ignored"),
    ],
)  # fmt: skip
def test_the_earlier_turn(by_hand, text, kind):
    assert by_hand.kind(knows_the_earlier_turn(by_hand.seen(text, by_hand.asked(**WORD)))) == kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Tavomi The capital is Paris.", None), ("**tavomi**: Paris", None), ("Paris. TAVOMI", None),
        ("The capital is Paris.", "system-prompt-ignored"),
    ],
)  # fmt: skip
def test_the_system_message(by_hand, text, kind):
    request = by_hand.asked(oracle={"marker": "Tavomi"})

    assert by_hand.kind(obeys_the_system_message(by_hand.seen(text, request))) == kind


@pytest.mark.parametrize(
    ("text", "kind", "warning"),
    [
        ("Grüße, 東京 🦙 “don’t”", None, None),
        ('Here: Grüße, 東京 🦙 "don\'t"', None, None),
        ("Gru\u0308ße, 東京 🦙 “don’t”", None, None),
        ("Gre,   dont", "unnamed", False),
        ("Gr??e, ?? ? don't", "unnamed", False),
        ("Grüße, 東京 “don’t”", "answer-differs", True),
        ("Gruesse, 東京", "answer-differs", True),
        # Nothing shows that any letter beyond ASCII can come back.
        ("Gruesse, Tokyo", "unnamed", False),
        ("I cannot do that.", "unnamed", False),
        ("Hello! 👋", "unnamed", False),
    ],
)
def test_letters_that_are_lost(by_hand, text, kind, warning):
    wanted = "Grüße, 東京 🦙 “don’t”"
    found = echoes_every_letter(by_hand.seen(text, by_hand.asked(oracle={"text": wanted})))

    assert by_hand.kind(found) == kind
    assert found is None or found.warning is warning


@pytest.mark.parametrize(
    ("text", "kind"), [("Let me think how to", "answer-differs"), ("Gre,   dont, and", "unnamed")]
)
def test_letters_may_come_behind_what_was_cut_off(by_hand, text, kind):
    request = by_hand.asked(oracle={"text": "Grüße, 東京 🦙 “don’t”"})
    found = echoes_every_letter(by_hand.seen(text, request, finish_reason="length"))

    assert by_hand.kind(found) == kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("14, 15, 16, ", None), ("14, 15, 16, 17, 18", "stop-ignored"), ("15, 16, 17", "unnamed"),
        ("15, 16, 17.", "unnamed"), ("1, 2, 3, ...", "answer-differs"), ("Okay!", "answer-differs"),
        ("116", "answer-differs"),
    ],
)  # fmt: skip
def test_the_stop_text(by_hand, text, kind):
    request = by_hand.asked("Count to 40.", stop=("17",), oracle={"last": "16"})

    assert by_hand.kind(ends_before_stop(by_hand.seen(text, request))) == kind


def test_a_field_that_never_went_out_was_not_ignored(by_hand):
    body = {"model": "m", "messages": []}
    stop = by_hand.asked(stop=("17",))
    three, probable = by_hand.asked(extra={"n": 3}), by_hand.asked(extra={"logprobs": True})

    for found in (
        ends_before_stop(by_hand.seen("16, 17, 18", stop, body=body)),
        as_many_choices_as_asked(by_hand.seen("x", three, body=body, choices=1)),
        gives_logprobs(by_hand.seen("x", probable, body=body)),
    ):
        assert by_hand.kind(found) == "unsupported-parameter"


def test_choices_and_log_probabilities(by_hand):
    three, probable = by_hand.asked(extra={"n": 3}), by_hand.asked(extra={"logprobs": True})

    assert as_many_choices_as_asked(by_hand.seen("x", three, choices=3)) is None
    # Three texts under one index: whoever goes by the indexes has one answer.
    one = by_hand.seen("x", three, choices=1, others=("y", "z"))
    assert by_hand.kind(as_many_choices_as_asked(one)) == "n-ignored"
    assert (
        by_hand.kind(as_many_choices_as_asked(by_hand.seen("x", three, choices=1))) == "n-ignored"
    )
    assert (
        by_hand.kind(as_many_choices_as_asked(by_hand.seen("x", three, choices=4))) == "n-ignored"
    )
    assert as_many_choices_as_asked(by_hand.seen("x", choices=1)) is None
    assert gives_logprobs(by_hand.seen("x", probable, logprobs=True)) is None
    assert by_hand.kind(gives_logprobs(by_hand.seen("x", probable))) == "logprobs-ignored"
    assert gives_logprobs(by_hand.seen("x")) is None


@pytest.mark.parametrize(
    ("text", "finish", "said", "fine"),
    [
        ("1, 2, 3,", "stop", 16, False), ("1, 2, 3,", "length", 16, True),
        ("1, 2, ..., 40", "stop", 16, True), ("1, 2, 3, 4,", "stop", 15, True),
    ],
)  # fmt: skip
def test_what_was_cut_off_says_so(by_hand, text, finish, said, fine):
    request = by_hand.asked("Count to 40.", max_tokens=16, oracle={"last": "40"})
    seen = by_hand.seen(text, request, finish_reason=finish, usage=(8, said, 8 + said))

    assert by_hand.kind(cut_says_length(seen)) == (None if fine else "unnamed")


@pytest.mark.parametrize("usage", [(8, 4, 12), None])
def test_an_answer_that_ended_by_itself_leaves_the_limit_open(by_hand, usage):
    request = by_hand.asked("Count to 40.", max_tokens=16, oracle={"last": "40"})
    found = cut_says_length(by_hand.seen("Test successful", request, usage=usage))

    assert (found.kind, found.warning) == ("answer-differs", True)
    assert cut_says_length(by_hand.seen("", request, usage=usage)) is None


@pytest.mark.parametrize(
    ("text", "finish", "fine"),
    [
        ("417, 418, 419,", "length", True),
        ("Sure! Here is the count from 417 to 456:", "length", True),
        ("1, 2, 3, 4, 5, 6,", "length", False),
        ("4170, 4171,", "length", False),
        ("417, 418, … 456", "stop", True),
        ("Count from 417 to 456.", "stop", False),
    ],
)
def test_what_is_cut_off_is_the_count_that_was_asked_for(by_hand, text, finish, fine):
    oracle = {"first": "417", "second": "418", "last": "456"}
    request = by_hand.asked("Count from 417 to 456.", max_tokens=20, oracle=oracle)
    found = cut_says_length(by_hand.seen(text, request, finish_reason=finish, usage=(8, 9, 17)))

    assert (found is None) is fine
    assert fine or (found.kind, found.warning) == ("answer-differs", True)


@pytest.mark.parametrize(
    ("text", "fine"),
    [("1443", True), ("**1,443**", True), ("It is 1 443.", True), ("<think>9</think>1443", True),
     ("It is not 1443. It is 1444.", False), ("Not 1444 but 1443.", True),
     ("1000 + 400 = 1400, 1400 + 43 = 1443", True), (" ".join(map(str, range(1400, 1480))), False),
     ("1442", False), ("14430", False), ("I cannot add.", False)],
)  # fmt: skip
def test_the_sum(by_hand, text, fine):
    found = answers_the_sum(by_hand.seen(text, by_hand.asked(oracle={"answer": "1443"})))

    assert by_hand.kind(found) == (None if fine else "unnamed")


def test_no_text_is_neither_sum_nor_echo(by_hand):
    call = (ToolCall(id="c", name="add", arguments="{}"),)
    for check, oracle in (
        (answers_the_sum, {"answer": "1443"}),
        (echoes_every_letter, {"text": "Grüße"}),
    ):
        request = by_hand.asked(oracle=oracle)
        found = check(by_hand.seen("", request, tool_calls=call))
        cut = check(by_hand.seen("", request, tool_calls=call, finish_reason="length"))

        assert (found.kind, found.warning) == ("", False)
        assert cut.kind == "reasoning-ate-budget"
        # Without a call, too, there is nothing to judge, and another check says why.
        assert check(by_hand.seen("", request)) is None


@pytest.mark.parametrize(
    ("first", "second", "fine"),
    [
        ({"text": "a"}, {"text": "a"}, True), ({"text": "a"}, {"text": "b"}, False),
        ({"text": "a"}, {"text": "a "}, True), ({"text": "a"}, {"text": ""}, True),
        ({"text": "a", "fingerprint": "1"}, {"text": "b", "fingerprint": "2"}, True),
        ({"text": "a", "fingerprint": "1"}, {"text": "b", "fingerprint": "1"}, False),
    ],
)  # fmt: skip
def test_the_same_seed(by_hand, first, second, fine):
    found = same_with_the_same_seed(by_hand.twice(first, second))

    assert by_hand.kind(found) == (None if fine else "seed-ignored")


@pytest.mark.parametrize(
    ("first", "second", "fine"),
    [("gpt-4o", "gpt-4o-2024-08-06", True), ("gpt-4o", "claude-3-haiku", False), ("gpt-4o", "", True)],
)  # fmt: skip
def test_names_in_both_forms(by_hand, first, second, fine):
    found = named_alike(by_hand.twice({"model": first}, {"model": second}))

    assert by_hand.kind(found) == (None if fine else "wrong-model-served")


@pytest.mark.parametrize(
    ("first", "second", "fine"),
    [
        (Usage(input_tokens=104), Usage(input_tokens=104), True),
        (Usage(input_tokens=104), Usage(input_tokens=106), True),
        (Usage(input_tokens=104), Usage(input_tokens=4, cached_tokens=100), True),
        (Usage(input_tokens=104), Usage(), True),
        (Usage(input_tokens=104), None, True),
        (Usage(input_tokens=104), Usage(input_tokens=208), False),
    ],
)
def test_both_forms_count_alike(by_hand, first, second, fine):
    found = counts_both_forms_alike(by_hand.twice({"usage": first}, {"usage": second}))

    assert by_hand.kind(found) == (None if fine else "usage-inconsistent")


@pytest.mark.parametrize(
    ("long", "short", "fine"),
    [
        ((110,), (25,), True),
        # One token for each letter, and a vocabulary of whole phrases.
        ((630,), (150,), True), ((75,), (15,), True),
        # A gateway's own message in both, counted, cached, or cached and left out.
        ((2110,), (2025,), True), ((2110,), (25, 2000), True), ((110, 2000), (2025,), True),
        ((None,), (25,), True), ((110,), (None,), True), ((110,), (0,), True), (None, (25,), True),
        ((110,), (110,), False), ((1000,), (1000,), False), ((25,), (110,), False),
        ((110,), (105,), False), ((2000,), (25,), False),
    ],
)  # fmt: skip
def test_counts_follow_the_length(by_hand, long, short, fine):
    counts = (
        None if told is None else Usage(input_tokens=told[0], cached_tokens=(*told, None)[1])
        for told in (long, short)
    )
    request = by_hand.asked("An old ferry. " * 45)
    seen = by_hand.twice(*({"usage": count} for count in counts), request)
    seen = replace(seen, then=(by_hand.asked("An old ferry. " * 10),))

    found = counts_follow_the_length(seen)

    assert by_hand.kind(found) == (None if fine else "usage-implausible")
    assert found is None or found.warning


@pytest.mark.parametrize(
    ("text", "said", "tokens", "fine"),
    [
        ("Test successful", 2, 110, True),
        ("Test successful", 2, 450, False),
        # By letters: what the answer takes shows it.
        ("Test successful", 15, 450, True),
        ("Test successful", None, 450, True),
        ("Yes", 1, 450, True),
    ],
)
def test_a_prompt_is_not_counted_by_letters_where_its_answer_is_not(
    by_hand, text, said, tokens, fine
):
    """490 letters more than the short prompt, of 40 tokens."""
    long, short = (Usage(input_tokens=told, output_tokens=said) for told in (tokens + 40, 40))
    seen = by_hand.twice({"usage": long}, {"usage": short, "text": text}, by_hand.asked("x" * 500))
    found = counts_follow_the_length(replace(seen, then=(by_hand.asked("x" * 10),)))

    assert (found is None) is fine


@pytest.mark.parametrize(
    ("first", "last", "fine"),
    [("Once, a ferry.", "Paris", True), ("A ferry.", " A ferry.\n", False), ("", "", True)],
)
def test_another_question_has_another_answer(by_hand, first, last, fine):
    found = differs_for_another_question(by_hand.twice({"text": first}, {"text": last}))

    assert by_hand.kind(found) == (None if fine else "stale-cached-answer")
    assert found is None or not found.warning


@pytest.mark.parametrize(("tokens", "fine"), [(104, True), (190, True), (20, False), (2080, False)])
def test_the_known_prompt(by_hand, tokens, fine):
    found = counts_the_known_prompt(by_hand.seen("x", USAGE.request(Occasion()), usage=(tokens, 1)))

    assert by_hand.kind(found) == (None if fine else "usage-implausible")


def test_a_code_word_of_the_question_is_no_other_one(by_hand):
    asked = by_hand.asked('Not "kelura-5821": repeat "tavomi-4821"', **WORD)

    assert by_hand.kind(answers_with_the_code_word(by_hand.seen("kelura-5821", asked))) == "unnamed"


@pytest.mark.parametrize(("title", "kind"), [("Claude 3 Haiku", None), ("", "wrong-model-served")])
def test_a_title_of_the_catalogue_is_another_name_of_its_model(by_hand, title, kind):
    card = Model(id="falcon-180b", name=title)
    seen = by_hand.seen("Paris", model="claude-3-haiku-20240307", sent_as=card.id, card=card)

    assert by_hand.kind(served_by_the_asked_model(seen)) == kind


def test_tokens_of_a_model_that_ran_out_of_room_before_may_be_thoughts(by_hand):
    seen = by_hand.seen("Test successful", usage=(12, 400, 412))
    ate = replace(seen.attempts[0], reply=replace(seen.reply, text="", finish_reason="length"))
    retried = replace(seen, attempts=(ate, replace(seen.attempts[0], number=2)))
    known = replace(seen, habits=Habits(least_tokens=400))

    assert by_hand.kind(usage_plausible(seen)) == "usage-implausible"
    assert usage_plausible(retried) is None
    assert usage_plausible(known) is None
