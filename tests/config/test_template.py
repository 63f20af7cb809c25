"""`gatewayz config init`."""

import re
import stat
import tomllib

import pytest

from gatewayz.config import SETTINGS, Settings, load_settings
from gatewayz.config.template import template, write_template
from gatewayz.core import ConfigError


def test_the_template_means_the_defaults_once_its_comments_are_lifted(tmp_path):
    lifted = re.sub(r"^# (\w+ = )", r"\1", template().partition("# Per gateway")[0], flags=re.M)
    (tmp_path / "gatewayz.toml").write_text(lifted)

    found = load_settings(environ={}, folder=tmp_path)

    assert set(tomllib.loads(lifted)) == {n for n, names in SETTINGS.items() if names.in_toml}
    for name in SETTINGS:
        if name != "store":
            assert getattr(found, name) == getattr(Settings(), name), name


def test_a_written_file_is_private_and_never_overwritten(tmp_path):
    path = tmp_path / "gatewayz.toml"
    write_template(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text("models = 5\n")
    with pytest.raises(ConfigError, match="exists already"):
        write_template(path)
    assert path.read_text() == "models = 5\n"
