"""`gatewayz` itself: help, names, errors."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from gatewayz import __version__, cli
from gatewayz.cli.group import COMMANDS, PROGRAM

HEAVY = ("asyncio", "rich", "sqlalchemy", "starlette", "gatewayz.core", "gatewayz.client")


def command(name):
    return PROGRAM.get_command(None, name)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_each_command_says(name):
    found = command(name)

    assert found.name == name
    assert found.short_help == COMMANDS[name]
    assert (Path(cli.__path__[0]) / f"{name}.py").exists()


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_is_shown_without_loading_what_only_a_run_needs(name, environment):
    code = (
        "import sys; from gatewayz.cli import run_command; from gatewayz.cli.group import PROGRAM\n"
        f"run_command(lambda: PROGRAM, {[name, '--help'] if name else ['--help']!r}, name='x')\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment(),
        check=True,
        timeout=30,
    )

    assert "Usage:" in done.stdout
    assert done.stderr.strip() == "[]"


def test_help_names_every_command(gatewayz):
    done = gatewayz("--help")

    assert done.returncode == 0
    assert all(f"  {name}" in done.stdout for name in COMMANDS)


def test_without_a_command_help_is_shown_and_the_code_is_2(gatewayz):
    done = gatewayz()

    assert done.returncode == 2
    assert "Commands:" in done.stdout


@pytest.mark.parametrize("name", ["test", "probe", "models", "plan"])
def test_help_shows_first_what_is_tested(gatewayz, name):
    titles = re.findall(r"^(\S.*):$", gatewayz(name, "--help").stdout, re.MULTILINE)

    assert titles[0] == "What to test"
    assert titles[-1] == "Other"


@pytest.mark.parametrize(("kind", "words"), [("rate-limit", "failed"), ("refusal", "unknown")])
def test_what_is_explained_is_what_the_judge_does(gatewayz, kind, words):
    assert f"{words} where no usable answer came" in gatewayz("explain", kind).stdout


def test_version(gatewayz):
    assert gatewayz("--version").stdout == f"gatewayz {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["tset"], "unknown command 'tset'; did you mean 'test'?"),
        (["test", "--modles", "3"], "--models"),
        (["test", "--direct", "--api"], "exclude each other"),
        (["test", "grok"], "did you mean 'groq'?"),
        (["test", "OPENROUTER"], "did you mean 'openrouter'?"),
        (["test", "--models", "0"], "--models"),
        (["test", "--models", "-1"], "--models"),
        (["test", "--probe", "chta"], "did you mean 'chat'?"),
        (["test", "--timeout", "never"], "--timeout"),
        (["test", "--api-url", "localhost"], "--api-url"),
        (["test", "--report", "jsn=x"], "did you mean 'json'?"),
        (["test", "--report", "json"], "FORMAT=PATH"),
        (["test", "--report", "json=/nosuch/folder/x"], "/nosuch/folder"),
        (["test", "--report", "json=x", "--report", "junit=x"], "two reports"),
        (["test", "--config", "nosuch.toml"], "config init"),
        (["test", "--ca-file", "nosuch.pem"], "nosuch.pem"),
        (["test", "--proxy", "socks5://x"], "--proxy"),
        (["test", "--store", "mysql://x"], "mysql"),
        (["probe", "http://127.0.0.1:1"], "--model"),
        (["probe", "127.0.0.1:1", "--model", "m"], "http://"),
        (["probe", "http://x/v1", "--model", "m", "--expect", "("], "--expect"),
        (["probe", "http://x/v1", "--model", "m", "--key-env", "NOSUCH"], "NOSUCH"),
        (["probe", "http://x/v1", "--model", " "], "--model"),
        (["probe", "http://x/v1", "--model", "m", "--message", ""], "--message"),
        (["test", "--message", ""], "--message"),
        (["simulate", "--for", "long"], "duration"),
        (["simulate", "--for", "0"], "--for"),
        (["simulate", "--background", "--faults", "nosuch.json"], "nosuch.json"),
        (["serve", "--host", "0.0.0.0"], "GATEWAYZ_API_KEY"),
        (["explain", "rate-limt"], "did you mean 'rate-limit'?"),
        (["history", "--limit", "0"], "--limit"),
        (["plan"], "gatewayz models"),
    ],
)
def test_bad_input_is_one_line_with_the_remedy(gatewayz, arguments, words):
    done = gatewayz(*arguments, GROQ_API_KEY="gsk-none-of-this-is-sent")

    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ("http://x/v1", "--key-env", "sk-proj-aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3z"),
        ("http://x/v1", "--key-env", "gsk_aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3z"),
        ("http://x/v1", "--key-env", "AKIAB3DE5FG7HJ9KL1MN"),
        ("http://x/v1#sk-proj-aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3z",),
    ],
)
def test_a_key_typed_where_none_belongs_is_not_shown(gatewayz, arguments):
    done = gatewayz("probe", *arguments, "--model", "m")

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert not re.search("(?i)b3de5", done.stderr + done.stdout)


def test_a_name_with_escapes_reaches_no_terminal(gatewayz):
    done = gatewayz("test", "\x1b[31mgroq")

    assert done.returncode == 2
    assert "\x1b" not in done.stderr


def test_a_reader_that_leaves_early_is_no_error(tmp_path, environment):
    done = subprocess.run(
        f"{sys.executable} -m gatewayz explain | head -1; echo ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment(),
        timeout=30,
        check=False,
    )

    assert done.stderr == ""
    assert done.stdout.endswith("0\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_output_that_cannot_be_written_is_our_fault(environment):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "gatewayz", "explain"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
            timeout=30,
            check=False,
        )

    assert done.returncode == 4
    assert done.stderr.startswith("gatewayz: cannot write")
    assert "Traceback" not in done.stderr


def test_shell_completion_knows_commands_and_gateways(gatewayz):
    script = gatewayz(_GATEWAYZ_COMPLETE="bash_source")
    commands = gatewayz(
        _GATEWAYZ_COMPLETE="bash_complete", COMP_WORDS="gatewayz pro", COMP_CWORD="1"
    )
    gateways = gatewayz(
        _GATEWAYZ_COMPLETE="bash_complete", COMP_WORDS="gatewayz test gr", COMP_CWORD="2"
    )

    kinds = gatewayz(
        _GATEWAYZ_COMPLETE="bash_complete", COMP_WORDS="gatewayz explain dns", COMP_CWORD="2"
    )

    assert "complete" in script.stdout
    assert kinds.stdout.strip() == "plain,dns-failure"
    assert commands.stdout.strip() == "plain,probe"
    assert gateways.stdout.strip() == "plain,groq"
