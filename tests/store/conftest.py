"""Runs and verdicts to store, and a PostgreSQL server of the tests' own."""

import getpass
import os
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gatewayz.core import (
    Attempt,
    Case,
    Finding,
    Model,
    Observation,
    Outcome,
    Reply,
    Run,
    Timing,
    Usage,
    Verdict,
)
from gatewayz.core.failures import failure
from gatewayz.store import open_store

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SRC = Path(__file__).parents[2] / "src"


def a_case(model="llama-3", gateway="groq"):
    return Case(gateway=gateway, probe="chat", model=Model(id=model))


def a_verdict(model="llama-3", outcome=Outcome.PASSED, *, gateway="groq", text="Test successful"):
    attempt = Attempt(
        url="https://api.example/v1/chat/completions",
        status=200,
        started_at=NOON,
        reply=Reply(text=text, usage=Usage(input_tokens=9, output_tokens=3)),
        timing=Timing(first_token_s=0.25, total_s=1),
    )
    failed = outcome is Outcome.FAILED
    return Verdict(
        observation=Observation(case=a_case(model, gateway), attempts=(attempt,)),
        outcome=outcome,
        failure=failure("model-not-found", "no such model") if failed else None,
        warnings=() if failed else (Finding(kind="usage-missing", warning=True),),
    )


def a_run(id="run-1", *models):
    return Run(id=id, started_at=NOON, plan=tuple(a_case(m) for m in models or ("llama-3",)))


@pytest.fixture(name="make")
def builders():
    """The functions above, for tests that are imported apart from this file."""

    class Make:
        case, verdict, run = staticmethod(a_case), staticmethod(a_verdict), staticmethod(a_run)
        noon = NOON

    return Make


@pytest.fixture
def file(tmp_path):
    return tmp_path / "kept" / "gatewayz.db"


@pytest.fixture
def python():
    """Starts a child with our sources on its path; ended when the test ends."""
    children = []

    def start(code, *arguments, **options):
        child = subprocess.Popen(
            [sys.executable, "-c", code, *map(str, arguments)],
            env={**os.environ, "PYTHONPATH": str(SRC)},
            # Where `import conftest` means this file and no other.
            cwd=Path(__file__).parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )
        children.append(child)
        return child

    yield start
    for child in children:
        if child.poll() is None:
            child.kill()
        child.communicate()


def _postgres_programs():
    """The folder with initdb and postgres, or None."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((f for f in folders if (f / "initdb").exists() and (f / "postgres").exists()), None)


@pytest.fixture(scope="session")
def postgresql():
    """The URL of a PostgreSQL server on a socket of its own; skipped, with the reason, without."""
    programs = _postgres_programs()
    if programs is None:
        pytest.skip("no PostgreSQL server on this machine (initdb, postgres)")
    try:
        import psycopg  # noqa: F401
    except ImportError:
        pytest.skip("no psycopg; install the `postgresql` extra")
    folder = Path(tempfile.mkdtemp(prefix="gz-pg-", dir="/tmp"))
    as_user = {}
    if os.getuid() == 0:
        # The server refuses to run as root.
        as_user = {"user": "nobody", "group": "nogroup"}
        shutil.chown(folder, **as_user)
    user = "nobody" if as_user else getpass.getuser()
    data = folder / "data"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT, "cwd": folder, **as_user}
    subprocess.run(
        [programs / "initdb", "-D", data, "-A", "trust", "-E", "UTF8", "--no-sync", "-U", user],
        check=True, **quiet,
    )  # fmt: skip
    server = subprocess.Popen(
        [programs / "postgres", "-D", data, "-k", folder, "-h", "", "-F"], **quiet
    )
    try:
        _wait_until_ready(programs, folder, server, quiet)
        yield f"postgresql://{user}@/postgres?host={folder}"
    finally:
        server.terminate()
        server.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_ready(programs, folder, server, quiet):
    import time

    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        done = subprocess.run([programs / "pg_isready", "-h", folder], check=False, **quiet)
        if done.returncode == 0:
            return
        assert server.poll() is None, "the PostgreSQL server ended at once"
        time.sleep(0.1)
    raise AssertionError("the PostgreSQL server did not become ready in 30 s")


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path):
    """A fresh store's URL on each database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/gatewayz.db"
        return
    server = request.getfixturevalue("postgresql")
    import psycopg

    name = f"t{os.getpid()}_{abs(hash(request.node.nodeid)) % 10**9}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
    yield server.replace("/postgres?", f"/{name}?")
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def store(place):
    opened = open_store(place)
    yield opened
    opened.close()
