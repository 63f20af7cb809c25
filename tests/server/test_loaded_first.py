"""What pages and figures are made of is loaded by the first who asks, and holds nobody up meanwhile."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from gatewayz.server.loaded_first import load, loaded_first
from gatewayz.store import open_store

SRC = Path(__file__).resolve().parents[2] / "src"
# Asks a server in a thread for some pages; tells what was loaded meanwhile, and in which threads.
ASKING = """
import sys, threading, urllib.request
from gatewayz.config import load_settings
from gatewayz.server import running

loaded_in = {}

class Seen:
    def find_spec(name, path=None, target=None):
        loaded_in.setdefault(name, threading.current_thread().name)

with running(load_settings()) as url:
    sys.meta_path.insert(0, Seen)
    for path in sys.argv[1:]:
        urllib.request.urlopen(url + path, timeout=20).close()
print(*(f"{name}={thread}" for name, thread in loaded_in.items()), sep="\\n")
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A function that writes a module which nobody has loaded; it is forgotten at the end."""
    monkeypatch.syspath_prepend(tmp_path)
    name = f"made_for_{tmp_path.name}"

    def write(text):
        (tmp_path / f"{name}.py").write_text(text)
        return name

    yield write
    sys.modules.pop(name, None)


def test_modules_are_loaded_before_the_answer_and_not_on_the_loop(module):
    name = module("import threading\nthread = threading.current_thread()\n")

    async def page(_request):
        return sys.modules[name].thread

    thread = asyncio.run(loaded_first(page, name)(None))

    assert thread is not threading.main_thread()


def test_all_who_ask_meanwhile_wait_for_them(module):
    name = module("import time\ntime.sleep(0.1)\nis_whole = True\n")

    async def page(_request):
        return sys.modules[name].is_whole

    async def asked():
        answer = loaded_first(page, name)
        return await asyncio.gather(*(answer(None) for _ in range(5)))

    assert asyncio.run(asked()) == [True] * 5


def test_one_thread_loads_at_a_time(module):
    """A room that is loaded from two of its files on at once is found half loaded by one of them."""
    name = module(
        "import time\nbegan = time.monotonic()\ntime.sleep(0.1)\nended = time.monotonic()\n"
    )
    loaded_at = []

    def other():
        load("json")
        loaded_at.append(time.monotonic())

    one = threading.Thread(target=load, args=(name,))
    one.start()
    while name not in sys.modules:
        time.sleep(0.001)
    second = threading.Thread(target=other)
    second.start()
    one.join()
    second.join()

    assert loaded_at[0] >= sys.modules[name].ended


@pytest.mark.parametrize("paths", [("/metrics",), ("/status", "/status/live"), ("/api/v1/status",)])
def test_the_first_who_asks_for_a_page_holds_up_nobody_else(paths, tmp_path):
    store = tmp_path / "gatewayz.db"
    open_store(store).close()
    environ = {**os.environ, "GATEWAYZ_STORE": str(store), "PYTHONPATH": str(SRC)}
    done = subprocess.run(
        [sys.executable, "-c", ASKING, *paths],
        env=environ, cwd=tmp_path, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    loaded_in = dict(one.split("=") for one in done.stdout.splitlines())
    ours = {name for name in loaded_in if name.startswith(("gatewayz.", "prometheus_client"))}

    assert done.returncode == 0, done.stderr
    assert len(ours) > 10
    assert {name for name in ours if loaded_in[name] == "gatewayz-server"} == set()
