"""What the rest of a run says of a verdict."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gatewayz.core import (
    Attempt,
    Case,
    Culprit,
    ErrorBody,
    FaultName,
    Model,
    MustRefuse,
    Observation,
    Outcome,
    Phase,
    Reply,
    Timing,
    Usage,
    Verdict,
    WireFault,
)
from gatewayz.core.failures import failure
from gatewayz.core.hindsight import (
    MOST_ANSWERS,
    MOST_IDS,
    Contacts,
    Hindsight,
    Route,
    lost,
    lost_on,
    our_network,
)
from gatewayz.core.probe import ChatRequest
from gatewayz.core.refused_keys import refuses_our_key
from gatewayz.core.remedies import advise

PLACE = ("g", "direct")


def passed(model="a", *ids, way="direct", must_refuse=None):
    case = Case(gateway="g", probe="chat", model=Model(id=model), way=way)
    attempts = tuple(
        Attempt(status=200, had_key=True, reply=Reply(text="hi", id=i)) for i in ids or ("",)
    )
    request = ChatRequest(messages=(), must_refuse=must_refuse)
    seen = Observation(case=case, request=request, attempts=attempts)
    return Verdict(observation=seen, outcome=Outcome.PASSED)


def refused(model="b", kind="auth-bad-key", words="no", status=401, took_s=0.1):
    error = ErrorBody(message=words, shape="error", in_band=status == 200)
    attempt = Attempt(
        status=status,
        had_key=True,
        error=error,
        body={"model": model},
        timing=Timing(total_s=took_s),
    )
    seen = replace(passed(model).observation, attempts=(attempt,))
    return Verdict(observation=seen, outcome=Outcome.FAILED, failure=failure(kind, "no"))


def at(moment, verdict):
    attempts = tuple(replace(a, started_at=moment) for a in verdict.observation.attempts)
    return replace(verdict, observation=replace(verdict.observation, attempts=attempts))


def kinds(verdict):
    return [finding.kind for finding in verdict.warnings]


def test_a_key_that_worked_has_expired_and_one_that_never_did_is_wrong():
    hindsight = Hindsight()

    told = [v for each in (passed(), refused(), refused("c")) for v in hindsight.of(each)]
    rest = hindsight.rest(PLACE)

    assert [v.outcome for v in told] == ["passed"]
    assert [v.failure.kind for v in rest] == ["auth-key-expired-mid-run"] * 2
    assert hindsight.key_worked(PLACE)


def test_a_key_that_is_good_for_a_later_question_was_refused_for_one_model_only():
    hindsight = Hindsight()

    told = [v for each in (passed(), refused(), passed("c")) for v in hindsight.of(each)]

    assert [v.outcome for v in told] == ["passed", "passed", "failed"]
    assert told[2].failure.kind == "auth-bad-key"
    assert told[2].failure.culprit is Culprit.GATEWAY
    assert "for this model only" in advise(told[2]).cause
    assert hindsight.rest() == ()


def test_an_answer_that_was_asked_for_before_the_refusal_came_says_nothing_of_later():
    hindsight = Hindsight()
    early, late = (datetime(2026, 1, 1, 0, 0, s, tzinfo=UTC) for s in (1, 2))

    hindsight.of(at(early, refused(took_s=1.5)))
    meanwhile = hindsight.of(at(late, passed()))

    assert [v.outcome for v in meanwhile] == ["passed"]
    assert [v.failure.kind for v in hindsight.rest()] == ["auth-key-expired-mid-run"]


def test_somebody_elses_refused_key_has_not_expired():
    hindsight = Hindsight()
    words = "AuthenticationError: OtherException - Incorrect API key provided"

    hindsight.of(passed())
    told = hindsight.of(refused(words=words))

    assert [v.failure.culprit for v in told] == [Culprit.GATEWAY]
    assert hindsight.rest() == ()


def inside(status, inner, words, kind, model="b"):
    """A failure with another status inside its own."""
    verdict = refused(model, kind, words, status)
    (last,) = verdict.observation.attempts
    error = replace(last.error, status=inner)
    seen = replace(verdict.observation, attempts=(replace(last, error=error),))
    return replace(verdict, observation=seen)


BEHIND = pytest.mark.parametrize(
    "words",
    [
        "Provider returned error: invalid api key",
        "Upstream answered 401: Invalid API key",
        "AuthenticationError: OtherException - Incorrect API key provided",
    ],
)


@BEHIND
@pytest.mark.parametrize("status", [401, 400, 500])
def test_a_key_that_somebody_behind_the_gateway_refuses_is_not_the_callers(words, status):
    hindsight = Hindsight()
    hindsight.list_read(PLACE)

    (told,) = hindsight.of(refused(words=words, status=status))

    assert told.failure.culprit is Culprit.GATEWAY
    assert kinds(told) == []  # the list took the key since it is good
    assert "behind g refused the key that g holds" in advise(told).cause
    assert "Check" not in advise(told).remedy


def test_a_refusal_inside_another_status_is_of_one_behind_where_such_a_one_answered_others():
    key = inside(500, 401, "Invalid API key", "auth-bad-key")
    limit = inside(500, 429, "Slow down", "rate-limit-no-hint", "c")

    def told(*verdicts):
        hindsight = Hindsight()
        hindsight.list_read(PLACE)
        answers = [v for each in verdicts for v in hindsight.of(each)] + list(hindsight.rest())
        return next(v for v in answers if v.failure.kind == "auth-bad-key")

    for verdicts in ((key, limit), (limit, key)):
        found = told(*verdicts)
        assert found.failure.culprit is Culprit.GATEWAY
        assert kinds(found) == []
        assert "behind g" in advise(found).cause
    assert told(key).failure.culprit is Culprit.KEY
    assert told(key, refused("c", "rate-limit", "Slow down", 429)).failure.culprit is Culprit.KEY


def test_a_gateway_that_says_whom_to_ask_for_a_key_still_refuses_ours():
    hindsight = Hindsight()
    words = "Invalid API key. Ask your provider for another."

    assert hindsight.of(refused(words=words)) == ()
    assert [v.failure.culprit for v in hindsight.rest()] == [Culprit.KEY]


REFUSALS = pytest.mark.parametrize(
    ("status", "words", "ours"),
    [
        (401, "Incorrect API key provided", True),
        (400, "API key not valid. Please pass a valid API key.", True),
        (500, "Upstream provider rejected its API key", False),
        (502, "Incorrect API key provided", False),
        (400, "provider returned error: invalid api key", False),
        (401, "AuthError: OtherException - Incorrect API key provided", False),
        (401, "The model m needs authentication: sign in and accept its terms", False),
        (200, "Incorrect API key provided", False),
    ],
)


@REFUSALS
def test_a_backend_that_passes_a_refusal_on_changes_nothing_about_it(status, words, ours):
    verdict = refused(words=words, status=status)
    (last,) = verdict.observation.attempts
    error = replace(last.error, type="upstream_error", code="auth-bad-key", gateway="g")
    seen = replace(verdict.observation, attempts=(replace(last, error=error),))

    assert refuses_our_key(replace(verdict, observation=seen)) is ours


@REFUSALS
def test_only_a_gateways_own_word_on_our_key_is_one(status, words, ours):
    assert refuses_our_key(refused(words=words, status=status)) is ours


def test_a_refusal_that_was_asked_for_says_nothing_of_the_key():
    hindsight = Hindsight()
    wrong = MustRefuse(classes=("auth",), accepted="wrong-key-accepted")

    hindsight.of(passed(must_refuse=wrong))

    hindsight.of(refused())

    assert hindsight.rest()[0].failure.kind == "auth-bad-key"


def test_a_list_that_takes_the_key_that_chat_refuses_is_public_and_that_is_said_once():
    hindsight = Hindsight()
    hindsight.list_read(PLACE)

    hindsight.of(refused())
    hindsight.of(refused("c"))
    first, second = hindsight.rest(PLACE)

    assert kinds(first) == ["auth-listing-is-public"]
    assert first.failure.kind == "auth-bad-key"
    assert kinds(second) == []


def test_where_no_list_was_read_nothing_is_said_of_it():
    hindsight = Hindsight()
    hindsight.of(refused())

    assert [kinds(v) for v in hindsight.rest()] == [[]]


def test_an_id_that_comes_back_is_told_once_for_a_gateway():
    hindsight = Hindsight()

    told = [kinds(*hindsight.of(passed(m, "chatcmpl-0"))) for m in "abc"]

    assert told == [[], ["id-repeated-across-requests"], []]


def test_ids_that_differ_are_absent_or_are_of_another_way_are_no_repeats():
    hindsight = Hindsight()
    all_of_them = [passed("a", "1"), passed("b", "2", "3"), passed("c"), passed("d")]
    all_of_them += [passed("a", "1", way="api")]

    assert [kinds(*hindsight.of(v)) for v in all_of_them] == [[]] * 5


def answered(stream, text="4", *, ask="What is 2+2?", model="m", tokens=20, **more):
    case = Case(gateway="g", probe="streaming" if stream else "chat", model=Model(id="m"))
    request = ChatRequest(messages=({"role": "user", "content": ask},), stream=stream)
    usage = Usage(input_tokens=tokens, output_tokens=4, total_tokens=tokens + 4)
    reply = Reply(text=text, model=model, usage=usage, finish_reason="stop", **more)
    attempt = Attempt(status=200, had_key=True, reply=reply, streamed=stream, asked="m")
    seen = Observation(case=case, request=request, attempts=(attempt,))
    return Verdict(observation=seen, outcome=Outcome.PASSED)


@pytest.mark.parametrize("first_streamed", [False, True])
@pytest.mark.parametrize(
    ("other", "kind"),
    [
        ({"tokens": 60}, "usage-inconsistent"),
        ({"text": "."}, "answer-differs"),
        ({"model": "llama-3.1-8b"}, "wrong-model-served"),
    ],
)
def test_the_later_form_of_one_question_is_held_against_the_earlier(first_streamed, other, kind):
    hindsight = Hindsight()
    whole = {"model": "llama-3.3-70b"}

    [first] = hindsight.of(answered(first_streamed, **whole))
    [second] = hindsight.of(answered(not first_streamed, **{**whole, **other}))

    assert (kinds(first), kinds(second)) == ([], [kind])
    assert second.outcome is Outcome.PASSED


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"text": "It is four."},
        {"text": "👍"},
        {"tokens": 22},
        {"tokens": 60, "ask": "What is 3+3?"},
        {"tokens": 60, "fingerprint": "another build"},
        {"model": "m-2024-01-01"},
        {"model": ""},
    ],
)
def test_what_sound_answers_may_differ_in_between_forms_is_no_mismatch(other):
    hindsight = Hindsight()
    hindsight.of(answered(False))

    assert kinds(*hindsight.of(answered(True, **other))) == []


def test_two_answers_in_one_form_are_not_held_against_each_other():
    hindsight = Hindsight()
    hindsight.of(answered(True))

    assert kinds(*hindsight.of(answered(True, tokens=60))) == []


def test_the_answers_that_wait_for_their_other_form_are_bounded():
    hindsight = Hindsight()
    for number in range(MOST_ANSWERS + 1):
        hindsight.of(answered(False, ask=f"{number}?"))

    assert kinds(*hindsight.of(answered(True, ask="0?", tokens=60))) == []
    assert kinds(*hindsight.of(answered(True, ask="5?", tokens=60))) == ["usage-inconsistent"]


def test_the_ids_that_are_remembered_are_bounded():
    hindsight = Hindsight()
    for number in range(MOST_IDS + 5):
        hindsight.of(passed("m", f"id-{number}"))

    assert kinds(*hindsight.of(passed("m", "id-0"))) == []
    assert kinds(*hindsight.of(passed("m", f"id-{MOST_IDS}"))) == ["id-repeated-across-requests"]


def away(name=FaultName.RESET, phase=Phase.HEADERS, **more):
    return Attempt(fault=WireFault(name=name, phase=phase), **more)


def test_trouble_on_the_way_is_told_from_trouble_with_the_host():
    assert lost(away())
    assert lost(away(FaultName.TIMEOUT, Phase.CONNECT))
    assert lost(away(FaultName.TLS_CERTIFICATE, Phase.TLS))
    assert not lost(away(FaultName.TIMEOUT, Phase.HEADERS))
    assert not lost(away(status=200))
    assert not lost(away(FaultName.CLOSED))
    assert not lost(Attempt(status=500))


def contacts(*heard):
    found = Contacts()
    for host, moment, attempt in heard:
        route = host if isinstance(host, Route) else Route(host)
        found.note(route, moment, is_lost=lost_on(route, attempt))
    return found


def all_lost(found, host, since, awaited):
    routes = [name if isinstance(name, Route) else Route(name) for name in (host, *awaited)]
    return found.all_lost(routes[0], since, routes[1:])


def test_every_host_lost_within_seconds_is_the_network():
    found = contacts(("a", 10, away()), ("b", 12, away()), ("c", 8, Attempt(status=200)))

    assert all_lost(found, "a", 10, ["a", "b"]) is True
    assert all_lost(found, "a", 10, ["a", "b", "c"]) is None  # c may still answer


def test_a_host_that_answers_meanwhile_clears_the_network():
    found = contacts(("a", 10, away()), ("b", 11, Attempt(status=503)))

    assert all_lost(found, "a", 10, ["a", "b"]) is False


def test_one_host_alone_and_troubles_far_apart_say_nothing():
    apart = contacts(("a", 90, away()), ("b", 10, away()))
    back = contacts(("b", 8, away()), ("b", 9, Attempt(status=200)), ("a", 10, away()))

    assert all_lost(contacts(("a", 10, away())), "a", 10, ["a"]) is None
    assert all_lost(apart, "a", 90, ["a", "b"]) is None
    assert all_lost(back, "a", 10, ["a", "b"]) is None  # b is there again


def told(kind="", failure_class="network", gateway="g", status=502):
    error = ErrorBody(message="x", kind=kind, failure_class=failure_class, gateway=gateway)
    return Attempt(status=status, error=error)


@pytest.mark.parametrize(
    ("attempt", "is_lost"),
    [
        (told("dns-failure"), True),
        (told("reset-before-response"), True),
        (told("connect-timeout", "timeout", status=504), True),
        (told(), True),  # no route to the host has no name
        (told("closed-without-response"), False),
        (told("server-500-json", "server-error", status=500), False),
        (told("first-byte-timeout", "timeout", status=504), False),
        (Attempt(status=200), False),
        (told("auth-bad-key", "auth", gateway="", status=401), None),
        (away(), None),
        (away(FaultName.REFUSED, Phase.CONNECT), None),
    ],
)
def test_a_backend_on_this_machine_tells_how_it_fared_with_the_host_behind_it(attempt, is_lost):
    assert lost_on(Route("g", relayed=True), attempt) is is_lost


def test_a_host_is_lost_only_where_every_route_to_it_is():
    a, b = Route("a", relayed=True), Route("b", relayed=True)
    one_host = contacts(("a", 10, away()), (a, 10, told("dns-failure")))
    answered = contacts((a, 10, told("dns-failure")), (b, 10, told("dns-failure")),
                        ("b", 11, Attempt(status=200)))  # fmt: skip
    all_gone = contacts(*((r, 10, told("dns-failure")) for r in (a, b)), ("b", 10, away()))

    assert all_lost(one_host, "a", 10, ["a", a]) is None
    assert all_lost(answered, a, 10, [a, b, "b"]) is False  # the backend's trouble alone
    assert all_lost(all_gone, a, 10, [a, b, "b"]) is True


def test_our_network_points_at_itself_and_is_unknown():
    verdict = our_network(replace(refused(), failure=failure("dns-failure", "gone")))

    assert verdict.outcome is Outcome.UNKNOWN
    assert (verdict.failure.kind, verdict.failure.culprit) == ("dns-failure", Culprit.NETWORK)


@pytest.mark.parametrize(
    ("attempts", "first"),
    [
        ((away(),), Outcome.UNKNOWN),
        ((away(), away()), Outcome.UNKNOWN),
        ((told("dns-failure"),), Outcome.UNKNOWN),
        ((Attempt(status=500), away()), Outcome.FAILED),
    ],
)
def test_a_first_try_that_our_network_lost_did_not_fail_either(attempts, first):
    verdict = replace(refused(), first_outcome=Outcome.FAILED)
    verdict = replace(verdict, observation=replace(verdict.observation, attempts=attempts))

    assert our_network(verdict).first_outcome is first


def test_a_key_refused_in_an_odd_way_after_it_worked_keeps_its_name():
    hindsight = Hindsight()
    hindsight.list_read(PLACE)
    hindsight.of(passed())

    hindsight.of(refused(kind="auth-bad-key-as-400"))
    (found,) = hindsight.rest()

    assert found.failure.kind == "auth-bad-key-as-400"
    assert kinds(found) == []


def test_a_run_in_which_nothing_failed_has_no_trouble_with_the_network():
    assert our_network(passed()) == passed()
