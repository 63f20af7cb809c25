"""The secret behind the digests of clients' keys."""

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from gatewayz.config import key_secret, load_settings, made_key_secret
from gatewayz.core import ConfigError


@pytest.fixture
def settings(tmp_path):
    def made(**environ):
        return load_settings(
            environ={"XDG_DATA_HOME": str(tmp_path / "data"), **environ}, folder=tmp_path
        )

    return made


def test_it_is_made_once_and_private(settings, tmp_path):
    assert key_secret(settings()) is None

    made = made_key_secret(settings())

    file = tmp_path / "data" / "gatewayz" / "key-secret"
    assert len(made) >= 32
    assert made == made_key_secret(settings()) == key_secret(settings())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in file.parent.iterdir()] == ["key-secret"]


def test_of_many_who_make_it_at_once_one_is_followed_by_all(settings):
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: made_key_secret(settings()), range(32)))

    assert len(made) == 1


def test_a_variable_is_used_in_its_place(settings, tmp_path):
    value = "0123456789abcdef" * 2

    assert made_key_secret(settings(GATEWAYZ_KEY_SECRET=value)) == value.encode()
    assert not (tmp_path / "data").exists()


def test_a_short_one_is_refused_and_not_shown(settings):
    with pytest.raises(ConfigError, match="32 characters or more") as caught:
        key_secret(settings(GATEWAYZ_KEY_SECRET="too-short-a-secret"))

    assert "too-short" not in str(caught.value)


def test_a_folder_that_cannot_be_written_says_what_to_set(settings, tmp_path):
    (tmp_path / "data").write_text("a file where a folder should be")

    with pytest.raises(ConfigError, match="set GATEWAYZ_KEY_SECRET"):
        made_key_secret(settings())
