"""docs/cli.md and docs/configuration.md say what the program says."""

from pathlib import Path

import pytest

from gatewayz.cli.group import COMMANDS
from gatewayz.cli.reference import PAGES, blocks, rewritten
from gatewayz.config import SETTINGS

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("page", PAGES)
def test_generated_tables_are_current(page):
    text = (ROOT / page).read_text()

    assert rewritten(text) == text, "run: python -m gatewayz.cli.reference"


def test_every_table_has_its_place():
    text = "".join((ROOT / page).read_text() for page in PAGES)

    for name in blocks():
        assert f"<!-- {name}: begin -->\n" in text, name


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_section(command):
    assert f"\n## {command}\n" in (ROOT / "docs/cli.md").read_text()


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_setting_is_documented(setting):
    assert setting in (ROOT / "docs/configuration.md").read_text()


def test_readme_has_every_exit_code():
    from gatewayz.cli.exits import MEANINGS

    text = (ROOT / "README.md").read_text()
    assert all(f"| {code}" in text or f", {code} |" in text for code in MEANINGS)
