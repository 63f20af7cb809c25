"""A question that is put again and again is never the same one, so that no cache answers it."""

import re
from dataclasses import replace

import pytest

from gatewayz.cli.worst_case import worst_of
from gatewayz.core import Ask, Model
from gatewayz.core.gateway import Quirks
from gatewayz.core.usual_question import TEST_MESSAGE
from gatewayz.probes import PROBES
from gatewayz.probes._recipes import probe_from

MARK = re.compile(r"\[[0-9]{9}\] ")
BOTH = ("direct", "api")


def bodies(memory, probe, *, repeat=6, ways=BOTH):
    """What goes out for each way's cases of one probe."""
    executor = memory.Memory(listing=("m",))
    lanes = [memory.lane("one", way=way, url=f"http://{way}.invalid/v1") for way in ways]
    done = memory.run(memory.order(*lanes, probes=(probe,), repeat=repeat), executor)
    sent = {way: [] for way in ways}
    for verdict in sorted(done.verdicts, key=lambda one: one.observation.case.repeat):
        seen = verdict.observation
        asked = (seen.request, *seen.then)
        sent[seen.case.way] += [[one.body("m", Quirks()) for one in asked if one is not None]]
    return sent


def words(body):
    return body["messages"][0]["content"]


@pytest.mark.parametrize("name", ["chat", "streaming", "identity", "logprobs", "stop_sequences"])
def test_each_repeat_on_each_way_asks_what_nobody_else_asked(memory, name):
    sent = bodies(memory, PROBES[name])

    asked = [words(of_case[0]) for way in BOTH for of_case in sent[way]]
    assert len(asked) == len(set(asked)) == 12
    assert all(MARK.match(text) for text in asked)


@pytest.mark.parametrize("name", ["chat", "streaming", "stop_sequences", "n_choices"])
def test_both_ways_of_a_pair_ask_the_same_but_for_the_mark(memory, name):
    sent = bodies(memory, PROBES[name])

    def unmarked(of_case):
        return [
            {**one, "messages": [{**one["messages"][0], "content": MARK.sub("", words(one))}]}
            for one in of_case
        ]

    assert [unmarked(one) for one in sent["direct"]] == [unmarked(one) for one in sent["api"]]


def test_what_is_asked_once_is_asked_as_it_stands(memory):
    sent = bodies(memory, PROBES["chat"], repeat=1)

    assert [words(sent[way][0][0]) for way in BOTH] == [TEST_MESSAGE] * 2


def test_a_question_that_has_to_be_the_same_stays_so(memory):
    sent = bodies(memory, PROBES["determinism"], ways=("direct",))

    assert {words(one) for of_case in sent["direct"] for one in of_case[:2]} == {"Tell me a story."}
    for first, second, *_ in sent["direct"]:
        assert first == second


def test_checks_look_at_the_question_without_its_mark(memory):
    executor = memory.Memory(listing=("m",))
    done = memory.run(
        memory.order(memory.lane("one"), probes=(PROBES["chat"],), repeat=2), executor
    )

    asked = [verdict.observation.request for verdict in done.verdicts]
    assert {one.messages[0]["content"] for one in asked} == {TEST_MESSAGE}
    assert len({one.mark for one in asked}) == 2


def test_a_file_says_that_its_text_is_to_go_out_as_written(memory, tmp_path):
    path = tmp_path / "hello.yaml"
    marked = probe_from({"message": "Say hello."}, path)
    as_written = probe_from({"message": "Say hello.", "as_written": True}, path)

    one, other = (bodies(memory, probe, ways=("direct",)) for probe in (marked, as_written))

    assert len({words(of_case[0]) for of_case in one["direct"]}) == 6
    assert {words(of_case[0]) for of_case in other["direct"]} == {"Say hello."}


def test_a_plan_has_room_for_the_marks(memory):
    lane, probe = memory.lane("one"), PROBES["chat"]
    order = memory.order(lane, probes=(probe,), ask=Ask())
    once, often = (
        worst_of(replace(order, repeat=repeat), lane, probe, Model(id="m")) for repeat in (1, 5)
    )

    tries = once.calls / once.steps
    assert often.input_tokens == once.input_tokens + len("[123456789] ") * tries
