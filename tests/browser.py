"""Pages in a real Chromium, opened as a person would, at four widths; see `harness.html`."""

import base64
import json
import os
import re
import shutil
import subprocess
import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlencode

import pytest

HARNESS = Path(__file__).with_name("harness.html")
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Nothing but this machine is looked up or called, whatever the browser would like to know.
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-extensions", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--enable-logging=stderr", "--virtual-time-budget=20000",
)  # fmt: skip
DARK = "--blink-settings=preferredColorScheme=0"


def chromium():
    """The browser of this machine; skips without one, fails in CI, which has to have it."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        told = "no Chromium on this machine (scripts/install_browser.sh installs it on Debian)"
        (pytest.fail if os.environ.get("CI") in ("1", "true") else pytest.skip)(told)
    return found


class Quiet(SimpleHTTPRequestHandler):
    extensions_map: ClassVar = {**SimpleHTTPRequestHandler.extensions_map, "": "text/event-stream"}

    def log_message(self, *_):
        pass


class Browser:
    """Opens pages from a folder that a server of our own shows."""

    def __init__(self, folder, port):
        self.folder, self.port = folder, port
        self._profile = folder.parent / "profile"

    def open(self, pages, *flags):
        """What the harness saw of each page at each width, and what the browser complained of.

        `pages` are bytes by file name.
        """
        for name, data in pages.items():
            (self.folder / name).write_bytes(data)
        query = urlencode([("page", name) for name in pages])
        place = f"http://127.0.0.1:{self.port}/harness.html?{query}"
        dom, complaints = self.dump(place, *flags)
        found = re.search(rb'<pre id="found">([^<]*)</pre>', dom)
        assert found, complaints[-20:]
        return json.loads(base64.b64decode(found[1])), complaints

    def dump(self, place, *flags):
        """A place as it stands once its scripts have run, and what the browser complained of."""
        done = subprocess.run(
            [chromium(), *FLAGS, *flags, f"--user-data-dir={self._profile}",
             "--window-size=1500,1000", "--dump-dom", place],
            capture_output=True, timeout=120, check=True,
        )  # fmt: skip
        said = done.stderr.decode(errors="replace").split("\n")
        return done.stdout, [line for line in said if "CONSOLE" in line]


@contextmanager
def browsing(tmp_path):
    """A browser with an empty folder of pages."""
    chromium()
    folder = tmp_path / "served"
    folder.mkdir()
    shutil.copy(HARNESS, folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Browser(folder, server.server_port)
    server.shutdown()
    server.server_close()
    thread.join(10)
