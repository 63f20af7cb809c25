"""Every model at one glance, out of what was asked of it last."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.watched import keep, list_verdict, run_of, verdict

from gatewayz.config import load_settings
from gatewayz.core import Allowance, Culprit, Model, Observation, Outcome
from gatewayz.core.codec import moment_text
from gatewayz.core.failures import failure
from gatewayz.core.summed import Uptime
from gatewayz.core.watching import Condition, Level, State, Target, WatchRecord
from gatewayz.reports._history import history_lines
from gatewayz.reports._matrix import FAILS, NOT_OFFERED, SOMETIMES, UNKNOWN, WORKS
from gatewayz.server.pages.documents import Slice, status_document, timeline_document
from gatewayz.server.pages.entrance import Viewer
from gatewayz.server.pages.figures import Figures
from gatewayz.server.pages.frame import Frame
from gatewayz.server.pages.making import make_badge, make_status
from gatewayz.server.pages.overview import overview
from gatewayz.server.routes.probe_gauges import ProbeGauges
from gatewayz.store import open_store
from gatewayz.store.newest import Newest

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
WHOLE = Viewer(whole=True)


def newest(probe, minute, latency_s):
    return Newest(
        gateway="groq",
        model="a",
        probe=probe,
        run_id="run-1",
        at=NOON + timedelta(minutes=minute),
        outcomes=(Outcome.PASSED if latency_s is not None else Outcome.FAILED,),
        latency_s=latency_s,
    )


def latency_of(*asked):
    (model,) = overview(Uptime((), {}), asked).models
    return model.latency_s


def test_the_latency_is_that_of_the_newest_plain_answer_that_has_one_streamed_or_not():
    assert latency_of(newest("chat", 0, 0.7), newest("streaming", 1, 1.5)) == 1.5
    assert latency_of(newest("chat", 2, 0.7), newest("streaming", 1, 1.5)) == 0.7
    assert latency_of(newest("streaming", 1, 1.5)) == 1.5
    assert latency_of(newest("chat", 0, 0.7), newest("streaming", 1, None)) == 0.7
    assert latency_of(newest("streaming", 1, None), newest("tool_call", 2, 3.0)) is None


def test_of_several_answers_to_one_question_the_last_that_came_tells_how_long_it_took(tmp_path):
    store = open_store(str(tmp_path / "runs.db"))
    asked = [
        verdict("groq", "a", "chat", NOON),
        verdict("groq", "a", "chat", NOON + timedelta(seconds=9), bad=True),
    ]
    keep(store, run_of(NOON, asked))
    (one,) = store.past.newest.all()
    store.close()

    assert one.outcomes == (Outcome.PASSED, Outcome.FAILED)
    assert one.latency_s is not None


@pytest.fixture
def store(tmp_path):
    it = open_store(str(tmp_path / "runs.db"))
    yield it
    it.close()


def at(hour):
    return NOON + timedelta(hours=hour)


def good(hour, *models, gateway="groq", bad=False):
    """A run of an hour in which these models were asked."""
    return run_of(at(hour), [verdict(gateway, m, "streaming", at(hour), bad=bad) for m in models])


def no_list(hour, kind="server-500-json", **about):
    """A run of an hour in which nothing was found but that a list gave nothing."""
    return run_of(at(hour), [list_verdict("groq", at(hour), kind, **about)])


def figures(tmp_path):
    settings = load_settings(environ={"XDG_DATA_HOME": str(tmp_path)}, folder=tmp_path)
    return Figures(settings, lambda: at(9))


def seen(store, tmp_path, *runs):
    for run in runs:
        keep(store, run)
    found = figures(tmp_path).seen(store, Allowance(), lambda _gateway, _model: True)
    return {model.model: model for gateway in found.gateways for model in gateway.models}


def test_a_list_that_failed_since_stands_for_every_model_of_its_gateway(store, tmp_path):
    found = seen(
        store, tmp_path, good(0, "a", "b"), good(0.5, "c", gateway="xai"), no_list(1), no_list(2)
    )

    assert [found[name].state for name in "abc"] == [FAILS, FAILS, WORKS]
    assert found["a"].label == "server-500-json"
    assert found["a"].marks == {"streaming": FAILS}
    assert (found["a"].at, found["a"].run_id) == (at(2), no_list(2).id)


@pytest.mark.parametrize(
    ("kind", "about"),
    [("auth-bad-key", {}), ("dns-failure", {"culprit": Culprit.NETWORK}), ("models-empty", {}), ("", {"skip": "no key: set GROQ_API_KEY"})],
)  # fmt: skip
def test_a_list_that_failed_by_no_fault_of_the_gateway_leaves_its_models_unknown(
    store, tmp_path, kind, about
):
    found = seen(store, tmp_path, good(0, "a"), no_list(1, kind, **about))["a"]

    assert (found.state, found.at) == (UNKNOWN, at(1))


def test_a_list_of_which_nothing_was_chosen_says_nothing_of_the_models(store, tmp_path):
    skip = "none of 12 models matches 'llama*'"
    found = seen(store, tmp_path, good(0, "a"), no_list(1), no_list(2, "", skip=skip))["a"]

    assert (found.state, found.at) == (WORKS, at(0))


def test_an_outage_of_a_list_is_over_once_any_model_of_the_gateway_has_answered(store, tmp_path):
    found = seen(store, tmp_path, good(0, "a", "b"), no_list(1), good(2, "a"))
    later = seen(store, tmp_path, good(3, "a", bad=True))

    assert [found[name].state for name in "ab"] == [WORKS, WORKS]
    assert [found[name].at for name in "ab"] == [at(2), at(0)]
    assert [later[name].state for name in "ab"] == [FAILS, WORKS]


def test_a_list_that_was_read_since_stands_for_no_model_though_the_one_that_was_asked_fails(
    store, tmp_path
):
    found = seen(store, tmp_path, good(0, "a", "b"), no_list(1, "overloaded"), good(2, "a", bad=True))  # fmt: skip

    assert [found[name].state for name in "ab"] == [FAILS, WORKS]
    assert [found[name].label for name in "ab"] == ["server-500-json", ""]


def test_while_the_list_fails_badge_status_and_gauges_say_so(store, tmp_path):
    for run in (good(0, "a", "b"), no_list(1)):
        keep(store, run)
    known, viewer = figures(tmp_path), Viewer(whole=True)
    found = known.seen(store, Allowance(), lambda _gateway, _model: True)
    told = status_document(found, Slice(9, 0), at(2))
    gauges = {
        one.name: [s.value for s in one.samples] for one in ProbeGauges(found, at(2)).collect()
    }

    assert told["failing"] == 2
    assert told["gateways"][0]["failing"] == 2
    assert told["gateways"][0]["state"] == "fails"
    assert told["data"][0]["probes"] == {"streaming": "fails"}
    assert told["data"][0]["asked_at"] == moment_text(at(1))
    assert gauges == {
        "gatewayz_model_up": [0.0, 0.0],
        "gatewayz_gateway_up": [0.0],
        "gatewayz_models_failing": [2],
        "gatewayz_tested_seconds_ago": [3600.0],
    }
    assert b"groq: down" in make_badge(known, store, viewer, "groq", "")
    assert b"groq/a: down" in make_badge(known, store, viewer, "groq", "a")


def asked(hour, probe="chat", kind="", *, skip="", model="a", **changed):
    """A run of an hour that put one question."""
    one = verdict("groq", model, probe, at(hour), bad=bool(kind))
    if kind:
        one = replace(one, failure=replace(failure(kind, "no"), **changed))
    if skip:
        unsent = Observation(case=one.observation.case)
        one = replace(one, outcome=Outcome.SKIPPED, reason=skip, observation=unsent)
    return run_of(at(hour), [one])


def test_an_older_pass_of_a_plain_question_never_outweighs_a_newer_failure_of_the_other(
    store, tmp_path
):
    found = seen(store, tmp_path, asked(0, "streaming"), asked(1, kind="server-500-json"))["a"]

    assert (found.state, found.label) == (FAILS, "server-500-json")
    assert found.marks == {"streaming": WORKS, "chat": FAILS}

    later = seen(store, tmp_path, asked(2, "streaming"), asked(3, "tool_call", "server-500-json"))
    assert later["a"].state is WORKS


@pytest.mark.parametrize(
    ("kind", "about"),
    [("auth-bad-key", {}), ("billing-no-credit", {}), ("rate-limit", {}), ("dns-failure", {"culprit": Culprit.NETWORK})],
)  # fmt: skip
def test_a_model_that_failed_by_no_fault_of_the_gateway_is_unknown_as_at_its_list(
    store, tmp_path, kind, about
):
    found = seen(store, tmp_path, asked(0), asked(1, kind=kind, **about))["a"]

    assert (found.state, found.label) == (UNKNOWN, kind)
    assert found.marks == {"chat": UNKNOWN}


@pytest.mark.parametrize(
    "skip", ["not sent: --max-calls 0 is used up", "not sent: the key was refused"]
)
def test_a_question_that_was_not_sent_erases_nothing_that_is_known(store, tmp_path, skip):
    found = seen(store, tmp_path, asked(0, kind="server-500-json"), asked(1, skip=skip))["a"]

    assert (found.state, found.at) == (FAILS, at(0))


def test_a_feature_that_is_not_offered_is_told_as_that(store, tmp_path):
    skip = "not offered: groq takes no tools"
    found = seen(store, tmp_path, asked(0), asked(1, "tool_call", skip=skip))["a"]

    assert (found.state, found.marks["tool_call"]) == (WORKS, NOT_OFFERED)


def test_a_list_is_read_by_a_run_that_only_took_its_models_over_or_left_them_out_or_kept_its_catalogue(
    store, tmp_path
):
    for run in (good(0, "a"), no_list(1)):
        keep(store, run)
    assert seen(store, tmp_path)["a"].state is FAILS

    over = replace(good(2, "a").verdicts[0], taken_from=good(0, "a").id)
    keep(store, run_of(at(2), [over]))
    assert seen(store, tmp_path)["a"].state is WORKS
    assert store.past.of("groq").lists == ()

    keep(store, no_list(3))
    keep(store, asked(4, "streaming", skip="not sent: --max-calls 0 is used up"))
    assert seen(store, tmp_path)["a"].state is WORKS
    assert store.past.of("groq").lists == ()

    keep(store, no_list(5))
    assert [one.label for one in store.past.of("groq").lists] == ["server-500-json"]
    keep(store, run_of(at(6), []))
    store.catalogues.keep(run_of(at(6), []).id, "groq", [Model(id="a")])
    assert seen(store, tmp_path)["a"].state is WORKS
    assert store.past.of("groq").lists == ()


@pytest.mark.parametrize(
    ("kind", "state", "badge"), [("overloaded", FAILS, b"groq: down"), ("auth-bad-key", UNKNOWN, b"groq: unknown")]
)  # fmt: skip
def test_a_gateway_whose_list_never_worked_is_known_and_has_no_models(
    store, tmp_path, kind, state, badge
):
    keep(store, no_list(1, kind))
    known, viewer = figures(tmp_path), Viewer(whole=True)
    found = known.seen(store, Allowance(), lambda _gateway, _model: True)
    (gateway,), told = found.gateways, status_document(found, Slice(9, 0), at(2))
    gauges = {
        one.name: [s.value for s in one.samples] for one in ProbeGauges(found, at(2)).collect()
    }
    page = make_status(known, store, Frame(here="", whole=True), viewer).body.decode()

    assert (gateway.name, gateway.models, gateway.whole, gateway.at) == ("groq", (), state, at(1))
    assert told["gateways"][0]["state"] == ("fails" if state is FAILS else "unknown")
    assert gauges["gatewayz_gateway_up"] == ([0.0] if state is FAILS else [])
    assert gauges["gatewayz_tested_seconds_ago"] == [3600.0]
    assert badge in make_badge(known, store, viewer, "groq", "")
    assert "1 gateway tells no models" in page
    assert "Nothing has been asked yet" not in page
    assert kind in page
    (one,) = store.past.of("groq").lists
    assert (one.gateway, one.label, one.last_read) == ("groq", kind, None)
    assert "groq: no model was ever asked" in history_lines(store.past.of("groq"), width=80)


def told_of(store, tmp_path, viewer=WHOLE):
    """The state of groq as the API, the gauges and its badge tell it, and the status page."""
    known = figures(tmp_path)
    found = known.seen(store, viewer.allowance, viewer.sees)
    gauges = {
        one.name: [s.value for s in one.samples] for one in ProbeGauges(found, at(9)).collect()
    }
    (gateway,) = status_document(found, Slice(9, 0), at(9))["gateways"]
    page = make_status(known, store, Frame(here="", whole=True), viewer).body.decode()
    return gateway, gauges, make_badge(known, store, viewer, "groq", ""), page


def test_a_gateway_whose_models_were_asked_long_ago_is_down_while_its_list_fails(store, tmp_path):
    for run in (good(-24 * 20, "a", "b"), no_list(1)):
        keep(store, run)
    store.summaries.roll_up()
    gateway, gauges, badge, page = told_of(store, tmp_path)

    assert (gateway["state"], gateway["models"], gateway["failing"]) == ("fails", 2, 0)
    assert gauges["gatewayz_gateway_up"] == [0.0]
    assert gauges["gatewayz_models_failing"] == [0]
    assert gauges["gatewayz_tested_seconds_ago"] == [8 * 3600.0]
    assert b"groq: down" in badge
    assert "1 gateway tells no models" in page
    assert "2 models, list: server-500-json" in page
    assert "its list fails: server-500-json" in page

    keep(store, good(2, "a"))
    gateway, gauges, badge, page = told_of(store, tmp_path)

    assert gateway["state"] == "works"
    assert gauges["gatewayz_gateway_up"] == [1.0]
    assert "server-500-json" not in page


def test_a_list_of_which_nothing_was_chosen_says_nothing_of_a_gateway_either(store, tmp_path):
    viewer = Viewer(allowance=Allowance(models=("groq/b*",)))
    keep(store, good(0, "a"))
    keep(store, no_list(1, "", skip="none of 12 models matches 'llama*'"))
    found = figures(tmp_path).seen(store, viewer.allowance, viewer.sees)

    assert found.gateways == ()


def test_a_gateway_of_which_models_answer_sometimes_is_unsteady_and_not_down(store, tmp_path):
    asked_of = [
        verdict("groq", model, probe, at(1), bad=probe == "vision")
        for model in "ab"
        for probe in ("tool_call", "vision")
    ]
    keep(store, run_of(at(1), asked_of))
    gateway, gauges, badge, page = told_of(store, tmp_path)

    assert (gateway["state"], gateway["failing"]) == ("sometimes", 0)
    assert gauges["gatewayz_gateway_up"] == [1.0]
    assert gauges["gatewayz_model_up"] == [1.0, 1.0]
    assert gauges["gatewayz_models_failing"] == [0]
    assert b"groq: unsteady" in badge
    assert "2 of 2 models answer sometimes" in page
    assert "2 answering sometimes" in page
    assert "not answer" not in page.replace("does not answer", "")


def test_a_model_whose_features_alone_were_asked_and_failed_by_themselves_is_not_down(
    store, tmp_path
):
    keep(store, asked(1, "tool_call", "not-as-asked", culprit=Culprit.FEATURE))
    keep(store, asked(2, "vision", "no-endpoint-supports-feature"))
    (one,) = seen(store, tmp_path).values()
    gateway, gauges, badge, page = told_of(store, tmp_path)

    assert (one.state, one.label) == (SOMETIMES, "no-endpoint-supports-feature")
    assert one.marks == {"tool_call": FAILS, "vision": FAILS}
    assert (gateway["state"], gateway["failing"]) == ("sometimes", 0)
    assert gauges["gatewayz_model_up"] == [1.0]
    assert b"groq: unsteady" in badge
    assert "1 of 1 models answer sometimes" in page

    later = seen(store, tmp_path, asked(3, "json_mode", "server-500-json"))["a"]

    assert later.state is FAILS


def test_models_that_do_not_answer_come_first_and_then_those_that_do_sometimes(store, tmp_path):
    asked_of = [
        verdict("groq", "a", "tool_call", at(1)),
        verdict("groq", "b", "tool_call", at(1)),
        verdict("groq", "b", "vision", at(1), bad=True),
        verdict("groq", "c", "tool_call", at(1), bad=True),
    ]
    found = seen(store, tmp_path, run_of(at(1), asked_of))
    gateway, gauges, _badge, page = told_of(store, tmp_path)

    assert [(name, one.state) for name, one in found.items()] == [
        ("c", FAILS), ("b", SOMETIMES), ("a", WORKS)
    ]  # fmt: skip
    assert (gateway["state"], gateway["failing"]) == ("sometimes", 1)
    assert gauges["gatewayz_models_failing"] == [1]
    assert "1 of 3 models do not answer" in page


def test_a_key_that_is_limited_by_models_sees_no_gateway_that_it_cannot_use(store, tmp_path):
    viewer = Viewer(allowance=Allowance(models=("chutes/*",)))
    for run in (good(0, "a", gateway="chutes"), no_list(1)):
        keep(store, run)
    known = figures(tmp_path)
    found = known.seen(store, viewer.allowance, viewer.sees)

    assert [one.name for one in found.gateways] == ["chutes"]
    assert make_badge(known, store, viewer, "groq", "") is None
    assert (viewer.sees("chutes"), viewer.sees("groq")) == (True, False)


def test_a_timeline_names_what_the_list_failed_by_and_counts_it_for_no_model(store):
    for run in (good(0, "a"), no_list(1)):
        keep(store, run)
    store.summaries.roll_up()
    before, during = store.summaries.timeline("groq", since=at(0), until=at(2))
    document = timeline_document([during], (), Slice(9, 0), at(2))

    assert (before.passed, before.failures) == (1, ())
    assert (during.passed, during.failed) == (0, 0)
    assert [(one.label, one.count, one.of_list) for one in during.failures] == [
        ("server-500-json", 1, True)
    ]
    assert document["data"][0]["failures"][0]["of_list"] is True
    assert (
        store.summaries.timeline("groq", probe="chat", since=at(1), until=at(2))[0].failures == ()
    )


def watched(state, level, hour):
    """The conditions of a gateway as a whole and of its host, after two looks."""
    moments = (at(hour), at(hour + 0.1))
    host = Condition(
        target=Target(gateway="groq", probe="reachable"), state=state, recent=(level, level),
        recent_at=moments, last_at=moments[1], kind="overloaded",
    )  # fmt: skip
    whole = Condition(target=Target(gateway="groq"), state=state, last_at=moments[1], kind="overloaded")  # fmt: skip
    return WatchRecord(conditions=(host, whole))


@pytest.mark.parametrize(
    ("state", "level", "shown"), [(State.DOWN, Level.BAD, FAILS), (State.UNKNOWN, Level.BLIND, UNKNOWN), (State.UP, Level.GOOD, WORKS)]
)  # fmt: skip
def test_what_a_watch_has_found_of_a_whole_gateway_since_stands_for_its_models(
    store, tmp_path, state, level, shown
):
    keep(store, good(0, "a"))
    store.watch.keep(store.watch.leases.take("me", None, at(1)), watched(state, level, 1))

    assert seen(store, tmp_path)["a"].state is shown
    assert seen(store, tmp_path, good(2, "a"))["a"].state is WORKS


def test_what_a_watch_has_found_is_over_once_a_run_begun_later_has_read_the_list(store, tmp_path):
    keep(store, good(0, "a", "b"))
    record = watched(State.DOWN, Level.BAD, 1)
    store.watch.keep(store.watch.leases.take("me", None, at(1)), record)
    of_the_watch = replace(good(1.15, "a", bad=True), settings={"watch": "chat"})
    found = seen(store, tmp_path, good(1.05, "a"), good(1.06, "c", gateway="xai"), of_the_watch)

    assert [found[name].state for name in "ab"] == [FAILS, FAILS]

    found = seen(store, tmp_path, good(1.2, "a"))

    assert [found[name].state for name in "ab"] == [WORKS, WORKS]
    assert (
        told_of(store, tmp_path, Viewer(allowance=Allowance(gateways=("groq",))))[0]["failing"] == 0
    )


def test_what_a_watch_has_found_of_a_gateway_without_models_is_over_as_well(store, tmp_path):
    record = watched(State.DOWN, Level.BAD, 1)
    store.watch.keep(store.watch.leases.take("me", None, at(1)), record)
    later = run_of(at(2), [])

    assert told_of(store, tmp_path)[0]["state"] == "fails"

    keep(store, later)
    store.catalogues.keep(later.id, "groq", [Model(id="a")])

    assert figures(tmp_path).seen(store, Allowance(), lambda _gateway, _model: True).gateways == ()
