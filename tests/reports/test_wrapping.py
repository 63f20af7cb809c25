"""Prose goes over lines at blanks; a command in it never breaks where a shell would feel it."""

import re
import subprocess

import pytest

from gatewayz.core.text import display_width
from gatewayz.reports._wrapping import wrapped

SHORT = "List the ids with `gatewayz models local` and look whether yours is among them, letter by letter."
LONG = (
    "List the ids with `LOCAL_BASE_URL=http://127.0.0.1:43210/groq/openai/v1 LOCAL_API_KEY=$KEY printf"
    ' %s:%s: "$LOCAL_BASE_URL" models` and look.'
)


@pytest.mark.parametrize("width", [40, 60, 78])
def test_a_command_that_fits_a_line_stands_on_one(width):
    lines = wrapped(SHORT, "      ", width=width)

    assert any("`gatewayz models local`" in line for line in lines)
    assert " ".join(" ".join(lines).split()) == SHORT
    assert all(display_width(line) <= width for line in lines)


@pytest.mark.parametrize("width", [40, 60, 78])
def test_one_that_does_not_is_pasted_as_one_all_the_same(width):
    lines = wrapped(LONG, "      ", width=width)
    command = re.search(r"`([^`]+)`", "\n".join(lines))[1]
    asked = re.search(r"`([^`]+)`", LONG)[1]

    def said(text):
        return subprocess.run(
            ["sh", "-c", text], capture_output=True, text=True, check=True, env={"KEY": "k"}
        ).stdout

    assert all(display_width(line) <= width for line in lines)
    assert said(command) == said(asked)
    assert "and look." in " ".join(lines)
