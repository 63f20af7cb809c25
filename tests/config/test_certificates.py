"""A file of certificates is looked at before anything is sent."""

import pytest

from gatewayz.config import check_certificates, load_settings
from gatewayz.core import ConfigError


def settings(tmp_path, ca_file):
    return load_settings(environ={"GATEWAYZ_CA_FILE": ca_file}, folder=tmp_path)


def test_without_one_there_is_nothing_to_look_at(tmp_path):
    assert check_certificates(load_settings(environ={}, folder=tmp_path)) is None


@pytest.mark.parametrize(("content", "words"), [(None, "No such file"), ("x", "no PEM file")])
def test_one_that_holds_none_is_told_with_where_it_was_named(tmp_path, content, words):
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)

    with pytest.raises(
        ConfigError, match=f"environment GATEWAYZ_CA_FILE: .*ca.pem: {words}"
    ) as told:
        check_certificates(settings(tmp_path, str(path)))

    assert "\n" not in str(told.value)


def test_a_tilde_is_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))

    assert settings(tmp_path, "~/ca.pem").ca_path == str(tmp_path / "ca.pem")
