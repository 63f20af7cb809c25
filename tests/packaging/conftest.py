import importlib.util
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture(scope="session")
def pyproject():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def script():
    """Loads one of the programs under scripts/, which are no package."""

    def load(name):
        spec = importlib.util.spec_from_file_location(
            f"_script_{name}", ROOT / f"scripts/{name}.py"
        )
        module = importlib.util.module_from_spec(spec)
        # Dataclasses look their own module up by name.
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        return module

    return load
