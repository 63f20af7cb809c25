"""What the rest of a run says of a verdict."""

from dataclasses import replace

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
    Verdict,
    WireFault,
)
from gatewayz.core.failures import failure
from gatewayz.core.hindsight import MOST_IDS, Contacts, Hindsight, Route, lost, lost_on, our_network
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

    found = hindsight.of(refused(kind="auth-bad-key-as-400"))

    assert found.failure.kind == "auth-bad-key-as-400"
    assert kinds(found) == []


def test_a_run_in_which_nothing_failed_has_no_trouble_with_the_network():
    assert our_network(passed()) == passed()
