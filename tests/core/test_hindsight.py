"""What the rest of a run says of a verdict."""

from dataclasses import replace

import pytest

from gatewayz.core import (
    Attempt,
    Case,
    Culprit,
    FaultName,
    Model,
    MustRefuse,
    Observation,
    Outcome,
    Phase,
    Reply,
    Usage,
    Verdict,
    WireFault,
)
from gatewayz.core.failures import failure
from gatewayz.core.hindsight import MOST_ANSWERS, MOST_IDS, Contacts, Hindsight, lost, our_network
from gatewayz.core.probe import ChatRequest

PLACE = ("g", "direct")


def passed(model="a", *ids, way="direct", must_refuse=None):
    case = Case(gateway="g", probe="chat", model=Model(id=model), way=way)
    attempts = tuple(
        Attempt(status=200, had_key=True, reply=Reply(text="hi", id=i)) for i in ids or ("",)
    )
    request = ChatRequest(messages=(), must_refuse=must_refuse)
    seen = Observation(case=case, request=request, attempts=attempts)
    return Verdict(observation=seen, outcome=Outcome.PASSED)


def refused(model="b", kind="auth-bad-key"):
    seen = replace(passed(model).observation, attempts=(Attempt(status=401, had_key=True),))
    return Verdict(observation=seen, outcome=Outcome.FAILED, failure=failure(kind, "no"))


def kinds(verdict):
    return [finding.kind for finding in verdict.warnings]


def test_a_key_that_worked_has_expired_and_one_that_never_did_is_wrong():
    hindsight = Hindsight()

    before, _, after = (hindsight.of(v) for v in (refused(), passed(), refused()))

    assert before.failure.kind == "auth-bad-key"
    assert after.failure.kind == "auth-key-expired-mid-run"
    assert hindsight.key_worked(PLACE)


def test_a_refusal_that_was_asked_for_says_nothing_of_the_key():
    hindsight = Hindsight()
    wrong = MustRefuse(classes=("auth",), accepted="wrong-key-accepted")

    hindsight.of(passed(must_refuse=wrong))

    assert hindsight.of(refused()).failure.kind == "auth-bad-key"


def test_a_list_that_takes_the_key_that_chat_refuses_is_public_and_that_is_said_once():
    hindsight = Hindsight()
    hindsight.list_read(PLACE)

    first, second = hindsight.of(refused()), hindsight.of(refused("c"))

    assert kinds(first) == ["auth-listing-is-public"]
    assert first.failure.kind == "auth-bad-key"
    assert kinds(second) == []


def test_where_no_list_was_read_nothing_is_said_of_it():
    assert kinds(Hindsight().of(refused())) == []


def test_an_id_that_comes_back_is_told_once_for_a_gateway():
    hindsight = Hindsight()

    told = [kinds(hindsight.of(passed(m, "chatcmpl-0"))) for m in "abc"]

    assert told == [[], ["id-repeated-across-requests"], []]


def test_ids_that_differ_are_absent_or_are_of_another_way_are_no_repeats():
    hindsight = Hindsight()
    all_of_them = [passed("a", "1"), passed("b", "2", "3"), passed("c"), passed("d")]
    all_of_them += [passed("a", "1", way="api")]

    assert [kinds(hindsight.of(v)) for v in all_of_them] == [[]] * 5


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

    first = hindsight.of(answered(first_streamed, **whole))
    second = hindsight.of(answered(not first_streamed, **{**whole, **other}))

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

    assert kinds(hindsight.of(answered(True, **other))) == []


def test_two_answers_in_one_form_are_not_held_against_each_other():
    hindsight = Hindsight()
    hindsight.of(answered(True))

    assert kinds(hindsight.of(answered(True, tokens=60))) == []


def test_the_answers_that_wait_for_their_other_form_are_bounded():
    hindsight = Hindsight()
    for number in range(MOST_ANSWERS + 1):
        hindsight.of(answered(False, ask=f"{number}?"))

    assert kinds(hindsight.of(answered(True, ask="0?", tokens=60))) == []
    assert kinds(hindsight.of(answered(True, ask="5?", tokens=60))) == ["usage-inconsistent"]


def test_the_ids_that_are_remembered_are_bounded():
    hindsight = Hindsight()
    for number in range(MOST_IDS + 5):
        hindsight.of(passed("m", f"id-{number}"))

    assert kinds(hindsight.of(passed("m", "id-0"))) == []
    assert kinds(hindsight.of(passed("m", f"id-{MOST_IDS}"))) == ["id-repeated-across-requests"]


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
        found.note(host, moment, attempt)
    return found


def test_every_host_lost_within_seconds_is_the_network():
    found = contacts(("a", 10, away()), ("b", 12, away()), ("c", 8, Attempt(status=200)))

    assert found.all_lost("a", 10, ["a", "b"]) is True
    assert found.all_lost("a", 10, ["a", "b", "c"]) is None  # c may still answer


def test_a_host_that_answers_meanwhile_clears_the_network():
    found = contacts(("a", 10, away()), ("b", 11, Attempt(status=503)))

    assert found.all_lost("a", 10, ["a", "b"]) is False


def test_one_host_alone_and_troubles_far_apart_say_nothing():
    assert contacts(("a", 10, away())).all_lost("a", 10, ["a"]) is None
    assert contacts(("a", 90, away()), ("b", 10, away())).all_lost("a", 90, ["a", "b"]) is None


def test_our_network_points_at_itself_and_is_unknown():
    verdict = our_network(replace(refused(), failure=failure("dns-failure", "gone")))

    assert verdict.outcome is Outcome.UNKNOWN
    assert (verdict.failure.kind, verdict.failure.culprit) == ("dns-failure", Culprit.NETWORK)


def test_a_key_refused_in_an_odd_way_after_it_worked_keeps_its_name():
    hindsight = Hindsight()
    hindsight.list_read(PLACE)
    hindsight.of(passed())

    found = hindsight.of(refused(kind="auth-bad-key-as-400"))

    assert found.failure.kind == "auth-bad-key-as-400"
    assert kinds(found) == []


def test_a_run_in_which_nothing_failed_has_no_trouble_with_the_network():
    assert our_network(passed()) == passed()
