"""The Makefile as its user meets it."""

import re
import shutil
import subprocess

import pytest

TARGETS = {
    "setup",
    "test",
    "coverage",
    "fix",
    "check",
    "demo",
    "environments",
    "test-peers",
    "test-clients",
    "fuzz",
    "soak",
    "verdicts",
    "other-tools",
    "speed",
    "accuracy",
    "nightly",
    "lock",
    "build",
    "clean",
}


@pytest.fixture
def make(root):
    if shutil.which("make") is None:
        pytest.skip("make is not installed")

    def run(*arguments):
        return subprocess.run(
            ["make", "--no-print-directory", *arguments],
            cwd=root,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    return run


def test_make_alone_lists_every_target(make):
    listed = re.findall(r"^  make ([a-z-]+) ", make().stdout, re.MULTILINE)

    assert set(listed) == {*TARGETS, "help"}


def test_arguments_pass_through_to_pytest(make):
    plan = make("-n", "test", 'ARGS=-k "groq or xai"').stdout

    assert (
        '-m "not peers and not clients and not fuzz and not slow and not network" -k "groq or xai"'
        in plan
    )


def test_without_a_usable_python_make_says_what_to_install(make, tmp_path):
    done = make(f"VENV={tmp_path / 'venv'}", "PYTHON=", "setup")

    assert done.returncode != 0
    assert "Python 3.11 or newer with venv is needed" in done.stdout


def test_everything_is_installed_by_hash(make, tmp_path):
    plan = make("-n", f"VENV={tmp_path / 'venv'}", "setup").stdout
    installs = [line for line in plan.replace("\\\n", " ").splitlines() if "pip install" in line]

    assert len(installs) == 4
    assert all("--require-hashes" in line or "--no-index" in line for line in installs)


def test_workflow_and_ci_script_call_targets_that_exist(root):
    for path in (root / ".github/workflows/ci.yml", root / ".ci/run"):
        text = re.sub(r"#.*", "", path.read_text())
        called = set(re.findall(r"\bmake ([a-z][a-z-]*)", text))

        assert called
        assert called <= TARGETS
