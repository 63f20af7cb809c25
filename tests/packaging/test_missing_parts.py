"""A machine that lacks a real part: said and gone on without, except in CI."""

import shutil
import subprocess

import pytest


@pytest.fixture
def install_engine(script, monkeypatch, tmp_path):
    """The installer, with a lock that nothing satisfies and no index to ask."""
    lock = tmp_path / "engine.txt"
    lock.write_text(f"xllamacpp==0.0.0 --hash=sha256:{'0' * 64}\n")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    installer = script("install_engine")
    monkeypatch.setattr(installer, "LOCK", lock)
    return installer.main


def test_no_wheel_of_the_engine_is_said_and_lived_with(install_engine, monkeypatch, capsys):
    monkeypatch.delenv("CI", raising=False)

    assert install_engine() == 0
    assert "No wheel of the inference engine fits this machine" in capsys.readouterr().err


def test_no_wheel_of_the_engine_is_a_failure_in_ci(install_engine, monkeypatch, capsys):
    monkeypatch.setenv("CI", "true")

    assert install_engine() == 1
    assert "With CI=true that is a failure" in capsys.readouterr().err


@pytest.mark.parametrize(("ci", "code"), [({}, 0), ({"CI": "true"}, 1)])
def test_without_node_portkey_is_skipped_and_in_ci_that_fails(root, tmp_path, ci, code):
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "dirname", "mkdir"):
        (tools / name).symlink_to(shutil.which(name))
    done = subprocess.run(
        [
            "sh",
            str(root / "scripts" / "install_node.sh"),
            str(tmp_path / "portkey"),
            "tests/peers/node",
            "Portkey's gateway",
        ],
        env={"PATH": str(tools), **ci},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert done.returncode == code
    assert "will be skipped" in done.stderr
    assert not (tmp_path / "portkey" / ".ready").exists()
