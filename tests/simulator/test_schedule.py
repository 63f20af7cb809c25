"""Faults by header, by model and by schedule; rules count and draw as they say."""

import json

import pytest

from gatewayz.core import ConfigError, UnknownName
from gatewayz.simulator import running
from gatewayz.simulator.faults import parse_faults
from gatewayz.simulator.schedule import Schedule


def faults_given(schedule, times, *, gateway="groq", route="chat", model="m", stream=False):
    given = (schedule.fault_for(gateway, route, model, stream) for _ in range(times))
    return [planted.names if planted else "" for planted in given]


def test_nth_every_after_and_times_pick_requests():
    def rule(**words):
        return Schedule([{"fault": "overloaded", **words}])

    hit = "overloaded"
    assert faults_given(rule(nth=2), 4) == ["", hit, "", ""]
    assert faults_given(rule(nth=[1, 4]), 4) == [hit, "", "", hit]
    assert faults_given(rule(every=2), 4) == ["", hit, "", hit]
    assert faults_given(rule(after=3), 5) == ["", "", "", hit, hit]
    assert faults_given(rule(times=1), 3) == [hit, "", ""]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"probability": 7}, "from 0 to 1"),
        ({"probability": -0.1}, "from 0 to 1"),
        ({"path": "chats"}, "one of chat, models, other"),
        ({"fault": "rate-limit;seconds=soon"}, "'seconds=soon' is no option"),
        (
            {"fault": "rate-limit;second=2"},
            "takes after, byte, bytes, event, every, gap, ms, seconds",
        ),
    ],
)
def test_a_rule_that_cannot_do_what_it_says_is_refused(rule, said):
    with pytest.raises(ConfigError, match=said):
        Schedule([{"fault": "overloaded", **rule}])


def test_a_rule_for_a_gateway_that_is_not_there_names_the_nearest():
    with (
        pytest.raises(UnknownName, match="did you mean 'groq'"),
        running(faults={"gorq": "overloaded"}),
    ):
        pass


def test_rules_look_at_gateway_model_route_and_form():
    schedule = Schedule(
        [{"fault": "overloaded", "gateway": "gr*", "model": "llama*", "stream": True}]
    )

    assert faults_given(schedule, 1, model="llama-3", stream=True) == ["overloaded"]
    assert faults_given(schedule, 1, model="llama-3") == [""]
    assert faults_given(schedule, 1, model="qwen", stream=True) == [""]
    assert faults_given(schedule, 1, gateway="xai", model="llama-3", stream=True) == [""]
    assert faults_given(schedule, 1, route="models", model="llama-3", stream=True) == [""]


def test_chance_is_drawn_by_the_seed_and_not_by_the_order_of_other_models():
    rules = [{"fault": "overloaded", "probability": 0.3}]
    alone = faults_given(Schedule(rules, seed=5), 200, model="a")
    mixed = Schedule(rules, seed=5)
    among = []
    for _ in range(200):
        faults_given(mixed, 1, model="b")
        among += faults_given(mixed, 1, model="a")

    assert alone == among
    assert 30 < len([name for name in alone if name]) < 90
    assert alone != faults_given(Schedule(rules, seed=6), 200, model="a")


def test_the_first_rule_that_strikes_wins_and_a_mapping_is_a_short_form():
    schedule = Schedule({"groq": "rate-limit", "*": "overloaded"})

    assert faults_given(schedule, 1) == ["rate-limit"]
    assert faults_given(schedule, 1, gateway="xai") == ["overloaded"]


@pytest.mark.parametrize(
    "faults",
    [
        [{"gateway": "groq"}],
        [{"fault": "overloaded", "colour": "red"}],
        [{"fault": "overloaded", "every": 0}],
        [{"fault": "overloaded", "nth": "two"}],
        [{"fault": "overloaded", "probability": "often"}],
        ["overloaded"],
        7,
        "/nonexistent/faults.json",
    ],
)
def test_a_rule_that_cannot_be_read_is_a_config_error(faults):
    with pytest.raises(ConfigError):
        Schedule(faults)


def test_an_unknown_fault_names_the_nearest():
    with pytest.raises(UnknownName, match="rate-limit"):
        Schedule([{"fault": "rate-limt"}])


def test_a_file_holds_the_same_rules(tmp_path):
    path = tmp_path / "faults.json"
    path.write_text(json.dumps({"rules": [{"fault": "overloaded", "nth": 1}]}))

    assert faults_given(Schedule(path), 2) == ["overloaded", ""]


def test_names_join_and_carry_options():
    planted = parse_faults("empty-content+sse-cr-crlf;after=3; gap=0.5")

    assert planted.names == "empty-content+sse-cr-crlf"
    assert planted.options == {"after": "3", "gap": "0.5"}


def test_a_header_plants_on_any_model_and_any_route(caller, sim):
    header = [("x-simulate-fault", "overloaded")]
    chat = caller.chat("cerebras", "gpt-oss-120b", headers=header)
    lists = caller.get("cerebras", "/v1/models", headers=header)

    assert (chat.status // 100, lists.status // 100) == (5, 5)
    assert [served.fault for served in sim.log[-2:]] == ["overloaded", "overloaded"]


def test_a_header_with_an_unknown_name_is_told_so(caller):
    seen = caller.chat("groq", "qwen/qwen3-32b", headers=[("x-simulate-fault", "rate-limt")])

    assert seen.status == 421
    assert "did you mean 'rate-limit'" in seen.text


def test_faults_compose(caller, sim):
    seen = caller.chat("local", "fault/usage-missing+sse-cr-crlf+sse-missing-done", stream=True)

    assert sim.log[-1].fault == "usage-missing+sse-cr-crlf+sse-missing-done"
    assert b"\r" in seen.body
    assert seen.data[-1] != "[DONE]"
    assert not any(chunk.get("usage") for chunk in seen.chunks)


def test_a_scheduled_fault_hits_the_catalogue_only_when_it_says_so(send):
    _, caller_of = send
    with running(faults=[{"fault": "models-empty", "path": "models", "gateway": "groq"}]) as sim:
        caller = caller_of(sim)

        assert caller.get("groq", "/openai/v1/models").json["data"] == []
        assert caller.chat("groq", "qwen/qwen3-32b").said == "Test successful"
        assert len(caller.get("xai", "/v1/models").json["data"]) > 3
    assert [served.fault for served in sim.log] == ["models-empty", "", ""]
