"""A glob means what it fits, and whatever is called just so."""

import pytest

from gatewayz.core.globs import is_meant_by


@pytest.mark.parametrize(
    "name", ["chat[beta]", "CHAT[BETA]", "[x", "[!a]b", "a*b?", "*", "a\nb", ""]
)
def test_a_name_means_itself_whatever_is_in_it(name):
    assert is_meant_by(name, name.lower())
    assert is_meant_by(name.lower(), name)


@pytest.mark.parametrize(
    ("glob", "meant", "others"),
    [
        ("*", ["a", "*", "a/b\nc", ""], []),
        ("qwen/*", ["qwen/a", "Qwen/A*"], ["x/qwen/a"]),
        ("chat[beta]", ["chatb", "chat[beta]"], ["chat", "chat[b]"]),
    ],
)
def test_what_a_glob_fits_is_meant_as_well(glob, meant, others):
    assert [name for name in (*meant, *others) if is_meant_by(glob, name)] == meant
