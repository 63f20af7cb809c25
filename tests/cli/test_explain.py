"""`gatewayz explain`: every name in a printout has an answer."""

import json
import re

import click
import pytest
from click.testing import CliRunner

from gatewayz.cli.explain import command
from gatewayz.cli.group import PROGRAM
from gatewayz.config.settings import GATEWAY_TABLE_READERS, SETTINGS
from gatewayz.core.errors import UnknownName
from gatewayz.core.healthy import HABITS
from gatewayz.core.kinds import CLASS_CULPRITS, KINDS
from gatewayz.core.remedies import remedy_in_general
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


def test_as_json_a_name_says_the_same():
    found = json.loads(explained("rate_limit", "--format", "json"))

    assert (found["schema"], found["name"]) == ("gatewayz/explanation/1", "rate-limit")
    assert found["means"] == KINDS["rate-limit"].cause
    assert {"remedy", "told by"} <= {one["label"] for one in found["more"]}


def test_as_json_every_name_is_listed():
    found = json.loads(explained("--format", "json"))

    assert found["schema"] == "gatewayz/names/1"
    assert {*KINDS, *PROBES, *PRESETS} <= {one["name"] for one in found["names"]}


def test_a_side_that_a_name_may_point_at_besides_is_told():
    told = " ".join(explained("validation-422").split())

    assert "points at: our probe (class bad-request) or at: the feature where" in told
    assert "or at:" not in explained("billing-no-credit")


@pytest.mark.parametrize(
    ("spelt", "name"),
    [("RATE-LIMIT", "rate-limit"), ("rate limit", "rate-limit"), ("tool-call", "tool_call")],
)
def test_a_name_is_known_however_it_is_spelt(spelt, name):
    assert explained(spelt) == explained(name)


def test_a_status_or_a_part_of_a_name_lists_what_it_may_mean():
    told = explained("429")

    for name in ("rate-limit", "rate-limit-no-hint", "billing-quota-as-429"):
        assert re.search(rf"\b{name}[,\n]", told)
    assert "rate-limit-as-403" not in told
    assert "names:" in explained("quota")
    assert "billing-quota-as-429" in explained("quota")


def test_a_status_that_no_failure_has_is_no_name():
    with pytest.raises(UnknownName):
        CliRunner().invoke(command, ["299"], catch_exceptions=False)


FLAG = re.compile(r"--[a-z][a-z-]+")
VARIABLE = re.compile(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b")
COMMAND = re.compile(r"`gatewayz ([a-z]+)([^`]*)`")


def flags_of(name):
    context = click.Context(PROGRAM)
    return {opt for one in PROGRAM.get_command(context, name).params for opt in one.opts}


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_every_flag_variable_command_and_setting_that_a_remedy_names_exists(kind):
    remedy = remedy_in_general(kind)
    commands = set(PROGRAM.list_commands(click.Context(PROGRAM)))

    for name, rest in COMMAND.findall(remedy):
        assert name in commands
        assert set(FLAG.findall(rest)) <= flags_of(name), remedy
    assert set(FLAG.findall(COMMAND.sub("", remedy))) <= flags_of("test"), remedy
    known = {names.env for names in SETTINGS.values()} | {"BASE_URL", "GATEWAY_BASE_URL"}
    assert set(VARIABLE.findall(remedy)) <= known, remedy
    if "gatewayz.toml" in remedy:
        assert set(re.findall(r"`([a-z_]+)`", remedy)) <= GATEWAY_TABLE_READERS.keys(), remedy


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
    listed = re.findall(r"^  (\S+) ", explained(), re.MULTILINE)

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


@pytest.mark.parametrize("spelt", ["HTTP 402", "http 402", "402"])
def test_a_status_is_explained_as_panels_print_it(gatewayz, spelt):
    done = gatewayz("explain", spelt)

    assert done.returncode == 0
    assert "billing-no-credit" in done.stdout


def test_a_whole_headline_is_explained_by_the_name_in_it(gatewayz):
    assert gatewayz("explain", "HTTP 402 billing-no-credit").stdout.startswith("billing-no-credit:")


def test_the_list_of_all_names_fits_a_terminal(gatewayz):
    lines = gatewayz("explain").stdout.splitlines()

    assert max(map(len, lines)) <= 78
    assert len(lines) > len(KINDS)
