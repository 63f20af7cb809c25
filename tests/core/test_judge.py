import dataclasses

import pytest

from gatewayz.core import (
    Attempt,
    Case,
    ChatRequest,
    Culprit,
    ErrorBody,
    FaultName,
    Finding,
    Model,
    MustRefuse,
    Observation,
    Outcome,
    Phase,
    Reply,
    WireFault,
)
from gatewayz.core.gateway import Quirks
from gatewayz.core.judge import judge, skipped, unknown

CASE = Case(gateway="g", probe="chat", model=Model(id="m"))
GOOD = Attempt(status=200, reply=Reply(text="hi", finish_reason="stop"))


WRONG_KEY = ChatRequest(
    messages=(), must_refuse=MustRefuse(classes=("auth",), accepted="wrong-key-accepted")
)


def seen(*attempts, case=CASE):
    return Observation(case=case, request=ChatRequest(messages=()), attempts=attempts)


def verdict(*attempts, checks=(), case=CASE):
    return judge(seen(*attempts, case=case), (checks,), Quirks())


def with_oddities(*names, text="hi"):
    return Attempt(status=200, reply=Reply(text=text, finish_reason="stop", oddities=names))


def failing(kind, **more):
    return lambda _: Finding(kind=kind, saw="x", **more)


def test_nothing_sent_is_unknown():
    assert verdict().outcome is Outcome.UNKNOWN


def test_a_good_answer_passes():
    assert verdict(GOOD).outcome is Outcome.PASSED
    assert verdict(GOOD).first_outcome is Outcome.PASSED


def test_a_warning_with_a_usable_answer_is_a_pass_that_says_so():
    found = verdict(with_oddities("sse-missing-done", "json-duplicate-keys"))

    assert found.outcome is Outcome.PASSED
    assert [w.kind for w in found.warnings] == ["sse-missing-done", "json-duplicate-keys"]


def test_a_failing_oddity_fails_whatever_the_text():
    assert verdict(with_oddities("sse-missing-finish")).failure.kind == "sse-missing-finish"


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        ("refusal", Outcome.UNKNOWN),
        ("reasoning-ate-budget", Outcome.UNKNOWN),
        ("moderation-block", Outcome.FAILED),
        ("rate-limit", Outcome.FAILED),
        ("non-chat-listed", Outcome.SKIPPED),
        ("empty-content", Outcome.FAILED),
    ],
)
def test_what_a_kind_comes_to_without_a_usable_answer(kind, outcome):
    assert verdict(GOOD, checks=(failing(kind),)).outcome is outcome


def test_the_first_finding_is_the_cause_and_the_others_stand_beside_it():
    checks = (failing("empty-content"), failing("", failure_class="protocol"))

    found = verdict(GOOD, checks=checks)

    assert found.failure.kind == "empty-content"
    assert [f.label for f in found.also] == ["protocol"]


def test_retries_do_not_hide_the_first_outcome():
    found = verdict(Attempt(status=500, body_bytes=3, had_key=True), GOOD)

    assert (found.outcome, found.first_outcome) == (Outcome.PASSED, Outcome.FAILED)


EMPTY = Attempt(status=200, reply=Reply(text="", finish_reason="stop", content_kind="text"))
BROKEN = Attempt(status=200, reply=Reply(text="hi", oddities=("sse-missing-finish",)))
DOWN = Attempt(status=500, body_bytes=9, error=ErrorBody(message="no", shape="error"))


def says_something(observed):
    return None if observed.reply.text else Finding(kind="empty-content", saw="nothing")


@pytest.mark.parametrize(
    ("first", "label"),
    [(EMPTY, "empty-content"), (BROKEN, "sse-missing-finish"), (DOWN, "server-500-json")],
)
def test_a_first_try_that_failed_in_any_way_is_told_when_a_later_one_passes(first, label):
    found = verdict(first, GOOD, checks=(says_something,))

    assert (found.outcome, found.first_outcome) == (Outcome.PASSED, Outcome.FAILED)
    assert [w.kind for w in found.warnings] == ["retry-masked-latency"]
    assert f"the first try failed: {label};" in found.warnings[0].saw


@pytest.mark.parametrize("kind", ["reasoning-ate-budget", "tool-args-cut-by-length"])
def test_a_larger_limit_is_no_retry(kind):
    def long_enough(observed):
        short = observed.attempts[-1].body["max_tokens"] < 100
        return Finding(kind=kind, saw="cut") if short else None

    small, large = (dataclasses.replace(GOOD, body={"max_tokens": n}) for n in (50, 400))

    assert verdict(small, large, checks=(long_enough,)).warnings == ()


def test_a_bug_in_a_check_is_unknown_with_its_traceback():
    def broken(_):
        raise ZeroDivisionError("the bug\nin two lines")

    found = verdict(GOOD, checks=(broken,))

    assert found.outcome is Outcome.UNKNOWN
    assert "the bug" in found.reason.splitlines()[0]
    assert "Traceback" in found.reason


def test_what_could_not_be_sent_is_unknown():
    fault = WireFault(name=FaultName.UNSENDABLE, phase=Phase.BUILD, detail="a header is not")

    assert verdict(Attempt(fault=fault)).outcome is Outcome.UNKNOWN
    assert verdict(Attempt(fault=fault)).reason == "a header is not"


def test_trouble_on_the_way_to_the_backend_is_the_backends():
    fault = WireFault(name=FaultName.REFUSED, phase=Phase.CONNECT)
    through = dataclasses.replace(CASE, way="api")

    assert verdict(Attempt(fault=fault)).failure.culprit is Culprit.GATEWAY
    assert verdict(Attempt(fault=fault), case=through).failure.culprit is Culprit.BACKEND


def loading(estimate):
    error = ErrorBody(message="Model is currently loading", retry_after_s=estimate, shape="string")
    return Attempt(status=503, had_key=True, error=error)


@pytest.mark.parametrize(
    ("estimates", "kind"),
    [
        ((20, 20), "cold-start-503"),
        ((20, 20, 20), "cold-start-never-ends"),
        ((None, None, None), "cold-start-503"),
        ((20, None, 20), "cold-start-503"),
        ((20, 15, 10), "cold-start-503"),
        ((20, 20, 19), "cold-start-503"),
    ],
)
def test_a_model_that_gets_no_nearer_to_ready_never_will(estimates, kind):
    assert verdict(*map(loading, estimates)).failure.kind == kind


def test_a_verdict_over_a_stored_observation_is_the_same_again():
    from gatewayz.core.codec import dumps, loads

    first = verdict(loading(3.0), GOOD)

    assert judge(loads(Observation, dumps(first.observation)), ((),), Quirks()) == first


def test_a_case_that_was_skipped_or_could_not_be_judged_says_why():
    looked_at = seen(GOOD)

    assert (skipped(CASE, "no key").outcome, skipped(CASE, "no key").reason) == (
        Outcome.SKIPPED,
        "no key",
    )
    assert unknown(CASE, "interrupted").observation == Observation(case=CASE)
    assert unknown(CASE, "interrupted", seen=looked_at).observation is looked_at
    assert unknown(CASE, "interrupted").outcome is Outcome.UNKNOWN


def of_steps(*replies, checks):
    asked = ChatRequest(messages=())
    attempts = tuple(Attempt(status=200, step=i, reply=r) for i, r in enumerate(replies))
    then = (asked,) * (len(replies) - 1)
    steps = Observation(case=CASE, request=asked, then=then, attempts=attempts)
    return judge(steps, checks, Quirks())


FINE = Reply(text="hi", finish_reason="stop")
ODD = dataclasses.replace(FINE, oddities=("sse-missing-done",))


def test_the_first_step_that_did_not_pass_decides():
    found = of_steps(FINE, FINE, checks=((failing("empty-content"),), (failing("refusal"),)))

    assert found.failure.kind == "empty-content"


def test_warnings_of_all_steps_are_kept_each_once():
    found = of_steps(ODD, ODD, checks=((), (failing("empty-content"),)))

    assert (found.failure.kind, [w.kind for w in found.warnings]) == (
        "empty-content",
        ["sse-missing-done"],
    )


def test_a_stored_step_that_its_probe_no_longer_has_is_judged_by_its_shape_alone():
    assert of_steps(FINE, FINE, checks=((),)).outcome is Outcome.PASSED


DECLINED = Reply(text="I cannot do that.", finish_reason="content_filter", oddities=("refusal",))


@pytest.mark.parametrize(
    "check", [failing(""), failing("schema-violated"), failing("stale-cached-answer")]
)
@pytest.mark.parametrize("feature", ["", "json_schema"])
def test_an_answer_that_declines_is_no_answer_whatever_it_was_held_against(check, feature):
    attempt = Attempt(status=200, reply=DECLINED)
    asked = ChatRequest(messages=(), feature=feature)
    found = judge(Observation(case=CASE, request=asked, attempts=(attempt,)), ((check,),), Quirks())

    assert (found.outcome, found.failure.kind, found.also) == (Outcome.UNKNOWN, "refusal", ())
    assert found.failure.culprit is Culprit.MODEL
    assert "I cannot do that." in found.failure.evidence


def test_who_declines_under_another_models_name_is_another_model():
    attempt = Attempt(status=200, reply=DECLINED)
    found = verdict(attempt, checks=(failing("wrong-model-served"), failing("")))

    assert (found.outcome, found.failure.kind, found.also) == (
        Outcome.FAILED,
        "wrong-model-served",
        (),
    )


def test_an_answer_that_a_filter_let_stand_passes_with_a_warning():
    found = verdict(Attempt(status=200, reply=DECLINED))

    assert (found.outcome, [w.kind for w in found.warnings]) == (Outcome.PASSED, ["refusal"])


def test_an_answer_that_is_none_to_the_question_has_a_name():
    found = verdict(GOOD, checks=(failing("", expected="4"),))

    assert (found.outcome, found.failure.kind) == (Outcome.FAILED, "not-as-asked")
    assert found.failure.evidence == "expected 4, saw x"


def test_a_limit_after_a_usable_answer_is_a_warning_unless_the_answer_broke_off():
    limited = ErrorBody(message="slow down", in_band=True, status=429, shape="error")
    whole = Attempt(
        status=200, error=limited, reply=Reply(text="hi", finish_reason="stop"), had_key=True
    )
    cut = WireFault(name=FaultName.CLOSED, phase=Phase.BODY)

    assert verdict(whole).outcome is Outcome.PASSED
    assert [w.kind for w in verdict(whole).warnings] == ["rate-limit-in-200"]
    assert verdict(dataclasses.replace(whole, fault=cut)).outcome is Outcome.FAILED


@pytest.mark.parametrize("finish", ["", "error", "aborted", "content_filter"])
@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"message": "slow down", "status": 429}, "rate-limit-in-200"),
        ({"message": "rate limit exceeded", "status": 403}, "rate-limit-in-200"),
        ({"message": "worker request limit reached (33/32)"}, "rate-limit-in-200"),
        ({"message": "Your input was flagged by moderation", "status": 403}, "moderation-block"),
    ],
)
def test_half_an_answer_before_an_error_is_none(error, kind, finish):
    half = Reply(text="Test ", finish_reason=finish)
    told = ErrorBody(in_band=True, shape="error", **error)
    found = verdict(Attempt(status=200, error=told, reply=half, had_key=True, streamed=True))

    assert (found.outcome, found.failure.kind) == (Outcome.FAILED, kind)


def test_a_check_that_ends_the_program_makes_the_case_unknown():
    def leaves(_):
        raise SystemExit(0)

    found = verdict(GOOD, checks=(leaves,))

    assert found.outcome is Outcome.UNKNOWN
    assert "a check failed with SystemExit" in found.reason


@pytest.mark.parametrize(
    ("encoding", "warned"),
    [("utf-8", True), ("none", True), ("identity", False), ("gzip", False), ("", False)],
)
def test_an_encoding_that_the_body_was_not_in_is_a_warning(encoding, warned):
    found = verdict(dataclasses.replace(GOOD, headers={"content-encoding": encoding}))

    assert found.outcome is Outcome.PASSED
    assert [w.kind for w in found.warnings] == ["gzip-undeclared"] * warned


@pytest.mark.parametrize("code", ["gateway_not_configured", "gateway_not_found"])
@pytest.mark.parametrize("probe", [ChatRequest(messages=()), WRONG_KEY])
def test_a_gateway_that_the_backend_is_not_set_up_for_is_skipped_and_no_key_refused(code, probe):
    told = ErrorBody(
        message="set X_API_KEY where the server runs",
        type=code, code=code, kind="auth-no-key", failure_class="auth", gateway="g",
    )  # fmt: skip
    case = dataclasses.replace(CASE, way="api")
    asked = Observation(case=case, request=probe, attempts=(Attempt(status=401, error=told),))

    through = judge(asked, ((),), Quirks(names_failures=True))
    elsewhere = judge(asked, ((),), Quirks())

    assert (through.outcome, through.failure) == (Outcome.SKIPPED, None)
    assert through.reason == told.message
    assert elsewhere.outcome is not Outcome.SKIPPED


def test_a_key_that_the_backend_cannot_send_is_a_failure():
    code = "gateway_not_configured"
    told = ErrorBody(message="a line end", type=code, code=code, kind="auth-key-with-newline")

    found = judge(seen(Attempt(status=401, error=told)), ((),), Quirks(names_failures=True))

    assert (found.outcome, found.failure.kind) == (Outcome.FAILED, "auth-key-with-newline")


def test_what_takes_a_failed_answer_for_one_is_not_said_beside_it():
    beside = [
        failing(name, warning=True) for name in ("answer-differs", "wrong-language", "usage-zero")
    ]

    failed = verdict(GOOD, checks=(failing("gibberish"), *beside))
    passed = verdict(GOOD, checks=beside)

    assert [w.kind for w in failed.warnings] == ["usage-zero"]
    assert [w.kind for w in passed.warnings] == ["answer-differs", "wrong-language", "usage-zero"]
