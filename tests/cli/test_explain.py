"""`gatewayz explain`: every name in a printout has an answer."""

import pytest
from click.testing import CliRunner

from gatewayz.cli.explain import command
from gatewayz.core.healthy import HABITS
from gatewayz.core.kinds import CLASS_CULPRITS, KINDS
from gatewayz.probes import PROBES
from gatewayz.probes._presets import PRESETS, preset


def explained(*arguments):
    done = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def fields(text):
    return {line.split(":")[0] for line in text.splitlines() if not line.startswith(" ")}


@pytest.mark.parametrize("name", KINDS)
def test_every_failure_is_explained(name):
    told = explained(name)

    assert told.startswith(f"{name}: ")
    assert {"told by", "points at", "verdict", "retried", "remedy"} <= fields(told)
    assert max(map(len, told.splitlines())) <= 78
    assert "{" not in told


@pytest.mark.parametrize("name", HABITS)
def test_every_harmless_habit_is_told_to_be_harmless(name):
    told = explained(name)

    assert {"harmless", "verdict"} <= fields(told)
    assert "not reported" in told
    assert "remedy" not in told


def test_the_habits_are_the_seventeen_that_must_never_be_reported():
    assert len(HABITS) == 17
    assert not HABITS.keys() & KINDS.keys()


@pytest.mark.parametrize("name", sorted(CLASS_CULPRITS.keys() - KINDS.keys()))
def test_every_class_says_whose_it_is_and_names_its_failures(name):
    told = " ".join(explained(name).split())

    assert str(CLASS_CULPRITS[name]) in told
    assert all(kind.name in told for kind in KINDS.values() if kind.failure_class == name)


@pytest.mark.parametrize("name", list(PROBES))
def test_every_probe_says_what_it_asks_and_needs(name):
    assert {"asks", "needs", "presets", "run it"} <= fields(explained(name))


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_says_which_probes_it_holds(name):
    told = explained(name)

    assert {"probes", "run it"} <= fields(told)
    assert all(probe in " ".join(told.split()) for probe in preset(name))


def test_a_name_means_one_thing():
    names = [*KINDS, *HABITS, *PROBES, *PRESETS]

    assert len(names) == len(set(names))
    # One class has the name of its commonest failure, which then is explained.
    assert KINDS.keys() & CLASS_CULPRITS.keys() == {"rate-limit"}


def test_the_list_has_every_name():
    listed = [line.split()[0] for line in explained().splitlines() if line.startswith("  ")]

    assert set(listed) == {*KINDS, *HABITS, *CLASS_CULPRITS, *PROBES, *PRESETS}
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize(("typo", "meant"), [("sse-bomb", "sse-bom"), ("streeming", "streaming")])
def test_a_misspelt_name_gets_the_nearest(gatewayz, typo, meant):
    done = gatewayz("explain", typo)

    assert done.returncode == 2
    assert f"did you mean '{meant}'?" in done.stderr


@pytest.mark.parametrize("name", ["healthy-markup", "\u6771\u4eac", "x" * 300])
def test_a_name_that_is_like_none_gets_a_few_and_not_all(gatewayz, name):
    done = gatewayz("explain", name)

    assert done.returncode == 2
    assert "; the nearest of " in done.stderr
    assert len(done.stderr) < len(name) + 200
