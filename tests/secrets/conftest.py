"""Canary keys, and a search for them in everything that is left behind."""

import base64
import html
import json
import os
import re
import subprocess
import sys
import threading
import time
from functools import cache
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from gatewayz.simulator.dialect import DIALECTS, Dialect

SRC = Path(__file__).resolve().parents[2] / "src"


def canary(name):
    """A key that looks different in each of its forms, and like no key we know."""
    return f'c4n/{name}+"Q7&<=k2VbX9mZ4tW8nR1\\pL6'


@cache
def forms_of(key):
    """What must not be found of a key, as bytes: rule by rule of what we promise."""
    raw = key.encode()
    texts = {
        key, quote(key), quote(key, safe=""), quote_plus(key), json.dumps(key)[1:-1],
        html.escape(key), key[:12], key[-12:], key[9:21], key[:-5], key[5:],
        *(re.sub("%..", lambda sign: sign[0].lower(), form)
          for form in (quote(key), quote(key, safe=""), quote_plus(key))),
        *("".join(c if c.isalnum() else form.format(ord(c)) for c in key)
          for form in ("\\u00{:02X}", "\\u00{:02x}", "&#{};")),
    }  # fmt: skip
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for before in range(3):
            # Of the first and the last group only some bits are the key's.
            packed = encode(b"\0" * before + raw + b"\0" * (-(before + len(raw)) % 3)).decode()
            texts.add(packed[4 if before else 0 : len(packed) - 4])
    return {text.encode() for text in texts}


def found_in(data, keys):
    """Which forms of which keys the bytes hold."""
    return [(name, form) for name, key in keys.items() for form in forms_of(key) if form in data]


class Watch:
    """Reads what appears while programs run: their arguments, their files, temporary ones too."""

    def __init__(self, folders, keys):
        self.folders, self.keys = folders, keys
        self.seen = {}
        self.files = set()
        self.processes = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()
        self.look()

    def _work(self):
        while not self._stop.is_set():
            self.look()
            time.sleep(0.2)

    def look(self):
        for line in Path("/proc").glob("[0-9]*/cmdline"):
            self._take(line, self.processes, ours=b"gatewayz")
        for folder in self.folders:
            for path in folder.rglob("*"):
                self._take(path, self.files)

    def _take(self, path, into, *, ours=b""):
        try:
            data = path.read_bytes() if path.is_file() else b""
        except OSError:
            return  # it is gone, or somebody else's
        if data and ours in data:
            into.add(path.name if path.name != "cmdline" else data)
            for leak in found_in(data + path.name.encode(), self.keys):
                self.seen[leak] = str(path)


@pytest.fixture
def keys(monkeypatch):
    """The canary of each pretend provider, by its place; from now on it accepts no other."""
    monkeypatch.setattr(Dialect, "own_key", property(lambda self: canary(self.name)))
    places = {DIALECTS[file].name for file in DIALECTS}
    return {name: canary(name) for name in (*places, "backend")}


@pytest.fixture
def program(tmp_path):
    """Runs `gatewayz ARGS...` with a home and a folder for temporary files of its own."""
    home, scratch = tmp_path / "home", tmp_path / "scratch"
    for folder in (home, scratch):
        folder.mkdir()
    path = os.pathsep.join([str(SRC), *filter(None, [os.environ.get("PYTHONPATH")])])
    own = {
        "PATH": os.environ["PATH"], "PYTHONPATH": path, "COLUMNS": "80", "HOME": str(home),
        "TMPDIR": str(scratch), "XDG_DATA_HOME": str(home / "data"),
    }  # fmt: skip

    def start(*arguments, module="gatewayz", **env):
        return subprocess.Popen(
            [sys.executable, "-m", module, *map(str, arguments)],
            cwd=home,
            env={**own, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    start.folders = (home, scratch)
    return start


@pytest.fixture
def watch(program, keys):
    """A look at everything that the programs leave behind or hold in their hands."""
    return Watch(program.folders, keys)
