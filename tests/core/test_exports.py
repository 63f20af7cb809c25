"""Rooms whose names are loaded when they are first asked for."""

import ast
import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

import gatewayz

PACKAGE = Path(gatewayz.__file__).parent
ROOMS = [
    file.parent.name for file in PACKAGE.glob("*/__init__.py") if "on_demand(" in file.read_text()
]


def told_to_type_checkers(room):
    """Exported name -> the module that a type checker takes it from."""
    tree = ast.parse((PACKAGE / room / "__init__.py").read_text())
    guarded = [
        node for node in tree.body if isinstance(node, ast.If) and node.test.id == "TYPE_CHECKING"
    ]
    imports = [one for node in guarded for one in node.body if isinstance(one, ast.ImportFrom)]
    return {
        alias.name: node.module
        for node in imports
        for alias in node.names
        if node.module.startswith("gatewayz.")
    }


def test_there_are_such_rooms():
    assert {"core", "store"} <= set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_each_name_is_what_type_checkers_take_it_for(room):
    here = importlib.import_module(f"gatewayz.{room}")
    told = told_to_type_checkers(room)

    assert told.keys() <= set(here.__all__)
    for name, module in told.items():
        assert getattr(here, name) is getattr(importlib.import_module(module), name)


@pytest.mark.parametrize("room", ROOMS)
def test_each_public_name_is_there_and_listed(room):
    here = importlib.import_module(f"gatewayz.{room}")

    assert set(here.__all__) <= set(dir(here))
    assert all(hasattr(here, name) for name in here.__all__)


@pytest.mark.parametrize("room", ROOMS)
def test_no_name_is_a_files_too(room):
    files = {file.stem for file in (PACKAGE / room).glob("*.py")}

    assert not files & told_to_type_checkers(room).keys()


@pytest.mark.parametrize("room", ROOMS)
def test_a_name_that_is_not_there_is_an_error_that_says_so(room):
    here = importlib.import_module(f"gatewayz.{room}")

    with pytest.raises(AttributeError, match=rf"'gatewayz\.{room}' has no attribute 'Modle'"):
        _ = here.Modle


def test_a_name_loads_its_own_file_and_what_that_needs():
    code = (
        "import sys; from gatewayz.core import Price\n"
        "print(*sorted(m for m in sys.modules if m.startswith('gatewayz.core.')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
        capture_output=True, text=True, check=True, timeout=30,
    )  # fmt: skip

    assert done.stdout.split() == ["gatewayz.core.exports", "gatewayz.core.model"]
