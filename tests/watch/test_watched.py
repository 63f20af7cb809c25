"""From questions to models, from models to gateways."""

import pytest

from gatewayz.core.watching import State
from gatewayz.watch import Watched


def all_seen(watching, watched, rounds):
    """Takes rounds of "groq/llama chat" -> letters, one letter each; the changes of all."""
    changes = []
    for number in range(max(len(letters) for letters in rounds.values())):
        sightings = [
            watching.seen(name.rsplit(" ", 1)[0], letters[number], probe=name.rsplit(" ", 1)[1])
            for name, letters in rounds.items()
            if number < len(letters)
        ]
        changes += watched.take(sightings, watching.noon)
    return [
        (c.target.told, c.before.value if c.before else None, c.after.value)
        for c in changes
    ]  # fmt: skip


def state(watching, watched, name):
    found = watched.condition(watching.target(name, probe=""))
    return found.state.value if found.state else None


def test_what_is_up_when_first_seen_is_no_change(watching):
    watched = Watched()

    assert all_seen(watching, watched, {"groq/a chat": "ggg", "groq reachable": "g"}) == []
    assert state(watching, watched, "groq/a") == "up"
    assert state(watching, watched, "groq") == "up"


def test_a_gateway_is_down_with_all_its_models_and_degraded_with_one(watching):
    watched = Watched()
    changes = all_seen(watching, watched, {"groq/a chat": "gbb", "groq/b chat": "ggg"})
    assert ("groq/a", "up", "down") in changes
    assert ("groq", "up", "degraded") in changes

    changes = all_seen(watching, watched, {"groq/b chat": "bb"})
    assert ("groq", "degraded", "down") in changes


def test_one_model_alone_does_not_take_its_gateway_down_while_the_host_answers(watching):
    watched = Watched()
    all_seen(watching, watched, {"groq/a chat": "gbb", "groq reachable": "ggg"})
    assert state(watching, watched, "groq") == "degraded"

    all_seen(watching, watched, {"groq reachable": "bb"})
    assert state(watching, watched, "groq") == "down"


def test_who_is_down_is_known_by_name(watching):
    watched = Watched()
    all_seen(watching, watched, {"groq/a chat": "bb", "groq/b chat": "bb", "xai/a chat": "gb"})
    assert watched.down() == {"groq"}

    all_seen(watching, watched, {"groq/a chat": "gg"})
    assert watched.down() == set()


@pytest.mark.parametrize("probe", ["tool_call", "streaming", "json_object"])
def test_a_feature_that_fails_degrades_a_model_and_never_downs_it(watching, probe):
    watched = Watched()
    all_seen(watching, watched, {"groq/a chat": "ggg", f"groq/a {probe}": "gbb"})

    assert state(watching, watched, "groq/a") == "degraded"


def test_a_model_that_leaves_the_list_is_degraded_while_it_answers(watching):
    watched = Watched()
    all_seen(watching, watched, {"groq/a chat": "ggg", "groq/a listed": "gpp"})

    assert state(watching, watched, "groq/a") == "degraded"


def test_a_silent_host_whose_models_answer_is_not_down(watching):
    watched = Watched()
    all_seen(watching, watched, {"groq reachable": "gbb"})
    assert state(watching, watched, "groq") == "down"

    for hour, expected in ((13, "down"), (14, "degraded")):
        later = watching.noon.replace(hour=hour)
        seen = [watching.seen("groq/a", "g", later), watching.seen("groq/b", "g", later)]
        watched.take(seen, later)
        assert state(watching, watched, "groq") == expected


def test_one_answer_keeps_a_gateway_from_being_down_for_its_list(watching):
    watched = Watched()
    all_seen(watching, watched, {"groq/a chat": "g", "groq reachable": "gb"})
    later = watching.noon.replace(hour=13)
    watched.take([watching.seen("groq/a", "g", later)], later)
    changes = all_seen(watching, watched, {"groq reachable": "b"})

    assert state(watching, watched, "groq") == "degraded"
    assert ("groq (reachable)", "up", "down") in changes


def test_a_refused_key_makes_a_gateway_unknown_and_not_down(watching):
    watched = Watched()
    changes = all_seen(watching, watched, {"groq/a chat": "gxx", "groq/b chat": "gxx"})

    assert ("groq", "up", "unknown") in changes
    assert not any(after == "down" for _, _, after in changes)


def test_what_is_seen_in_maintenance_does_not_count(watching):
    watched = Watched(excused=lambda gateway, model, at: gateway == "groq")
    changes = all_seen(watching, watched, {"groq/a chat": "gbbbb", "xai/a chat": "gbb"})

    assert {name for name, _, _ in changes} == {"xai/a (chat)", "xai/a", "xai"}


def test_conditions_are_the_same_after_a_restart(watching):
    watched = Watched()
    all_seen(watching, watched, {"groq/a chat": "gb", "groq/b chat": "gg"})
    again = Watched(watched.all())

    assert all_seen(watching, again, {"groq/a chat": "b"}) == [
        ("groq", "up", "degraded"), ("groq/a", "up", "down"), ("groq/a (chat)", "up", "down"),
    ]  # fmt: skip


def test_only_what_was_touched_is_to_be_written(watching):
    watched = Watched()
    all_seen(watching, watched, {"groq/a chat": "g", "xai/a chat": "g"})
    watched.touched()
    all_seen(watching, watched, {"groq/a chat": "g"})

    assert {one.target.gateway for one in watched.touched()} == {"groq"}


def test_a_forgotten_model_takes_no_part_any_more(watching):
    watched = Watched()
    all_seen(watching, watched, {"groq/a chat": "gbb", "groq/b chat": "ggg"})
    gone, changes = watched.forget([watching.target("groq/a")], watching.noon)

    assert {one.told for one in gone} == {"groq/a (chat)", "groq/a"}
    assert [(one.target.told, str(one.before), str(one.after), one.kind) for one in changes] == [
        ("groq", "degraded", "up", "unwatched"),
        ("groq/a", "down", "unknown", "unwatched"),
        ("groq/a (chat)", "down", "unknown", "unwatched"),
    ]
    assert not any(one.recovered for one in changes)
    assert watched.condition(watching.target("groq", probe="")).state is State.UP
    assert {one.target.model for one in watched.models("groq", "direct")} == {"b"}


def test_of_a_gateway_nothing_of_which_is_watched_any_more_nobody_knows_how_it_is(watching):
    watched = Watched()
    all_seen(watching, watched, {"groq/a chat": "gbb"})
    _, changes = watched.forget([watching.target("groq/a")], watching.noon)

    assert [(one.target.told, str(one.before), str(one.after)) for one in changes] == [
        ("groq", "degraded", "unknown"),
        ("groq/a", "down", "unknown"),
        ("groq/a (chat)", "down", "unknown"),
    ]


def test_of_what_was_well_no_change_is_told_when_it_is_watched_no_more(watching):
    watched = Watched()
    all_seen(watching, watched, {"groq/a chat": "ggg", "groq/b chat": "ggg"})
    gone, changes = watched.forget([watching.target("groq/a")], watching.noon)

    assert gone
    assert not changes


@pytest.mark.parametrize("order", [("chat", "json_object"), ("json_object", "chat")])
def test_a_models_state_began_with_the_change_that_made_it(watching, order):
    watched, moments = Watched(), {}
    script = {"chat": "ggbbgg", "json_object": "gbbbbb"}
    for hour in range(6):
        at = watching.noon.replace(hour=hour)
        seen = [watching.seen("groq/a", script[probe][hour], at, probe) for probe in order]
        for change in watched.take(seen, at):
            if not change.target.probe and change.target.model:
                moments[hour] = (change.after.value, change.since.hour)

    # It answers again from 4 on, though the feature that makes it degraded has been so since 1.
    assert moments == {2: ("degraded", 1), 3: ("down", 2), 5: ("degraded", 4)}
