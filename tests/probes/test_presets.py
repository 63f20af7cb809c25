"""Names, presets and files on the command line become probes."""

from pathlib import Path

import pytest

from gatewayz.core import ConfigError, UnknownName
from gatewayz.probes import PROBES
from gatewayz.probes._presets import PRESETS, chosen_probes, preset

HERE = Path("/nowhere")


def names(words, folder=HERE):
    return [probe.name for probe in chosen_probes(words, folder)]


def test_the_presets_grow():
    quick, standard, agents, full = (set(preset(name)) for name in PRESETS)

    assert preset("quick") == ("chat", "streaming")
    assert quick < standard < full
    assert quick < agents < full
    assert full == set(PROBES)


def test_what_each_preset_is_for():
    assert {"fresh_answer", "system_prompt", "multi_turn", "unicode", "stop_sequences", "max_tokens",
            "usage"} <= set(preset("standard"))  # fmt: skip
    assert {"system_prompt", "multi_turn", "stop_sequences", "tool_call"} <= set(preset("agents"))


def test_probes_come_once_and_in_the_order_of_a_run():
    assert names(["usage", "quick", "chat"]) == ["chat", "streaming", "usage"]
    assert names(["full"])[:2] == ["chat", "streaming"]


@pytest.mark.parametrize(
    ("word", "nearest"),
    [("standrd", "standard"), ("stream", "streaming"), ("Chat", "chat"), ("unicod", "unicode")],
)
def test_a_name_that_nobody_has_is_told_its_nearest(word, nearest):
    with pytest.raises(UnknownName, match=f"did you mean '{nearest}'"):
        chosen_probes([word], HERE)


def test_no_name_at_all_is_told():
    with pytest.raises(ConfigError, match="name a probe"):
        chosen_probes([], HERE)


def test_no_preset_takes_a_probes_name():
    assert not set(PRESETS) & set(PROBES)


def test_every_probe_goes_by_the_name_of_its_file():
    for name, probe in PROBES.items():
        assert probe.name == name
        assert probe.title
        assert probe.presets <= set(PRESETS) - {"full"}


def test_a_preset_of_an_unknown_name_is_told():
    with pytest.raises(UnknownName):
        preset("everything")
