"""The page of a load run in a real Chromium: at three widths, light and dark, full of hostile text."""

import base64
import json
import os
import re
import shutil
import subprocess
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.hostile import STRINGS
from tests.loads import a_load, empty_load

from gatewayz.reports import LOAD_REPORTS

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

# A cold browser on a busy machine takes its time.
pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def chromium():
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        told = "no Chromium on this machine (scripts/install_browser.sh installs it on Debian)"
        (pytest.fail if os.environ.get("CI") in ("1", "true") else pytest.skip)(told)
    return found


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def opened(chromium, tmp_path):
    """Opens a report as a person would, and gives what the harness saw and the browser complained of."""
    served = tmp_path / "served"
    served.mkdir()
    shutil.copy(HARNESS, served)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(served)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()

    def open_(result, *flags):
        (served / "report.html").write_bytes(LOAD_REPORTS["html"].render(result))
        place = f"http://127.0.0.1:{server.server_port}/harness.html"
        done = subprocess.run(
            [chromium, *FLAGS, *flags, f"--user-data-dir={tmp_path}/profile",
             "--window-size=1500,1000", "--dump-dom", place],
            capture_output=True, timeout=120, check=True,
        )  # fmt: skip
        found = re.search(rb'<pre id="found">([^<]*)</pre>', done.stdout)
        assert found, done.stderr[-2000:]
        said = [
            line for line in done.stderr.decode(errors="replace").split("\n") if "CONSOLE" in line
        ]
        return json.loads(base64.b64decode(found[1])), said

    yield open_
    server.shutdown()
    server.server_close()
    thread.join(10)


def test_a_sweep_reads_well_at_every_width(opened):
    found, said = opened(a_load((1, 8, 64), seconds=5))

    assert said == []
    for width, page in found.items():
        assert page["wider"] == 0, f"the page is wider than {width}"
        assert page["cut"] == [], f"labels are cut at {width}"
        assert page["overlapping"] == [], f"labels overlap at {width}"
        assert page["pictures"] > 10
        assert page["focused"]
        assert page["reachable"]
    assert [found[width]["columns"] for width in ("360", "800", "1400")] == [1, 2, 2]


def test_a_page_follows_the_readers_theme(opened):
    light, _ = opened(a_load(seconds=2))
    dark, said = opened(a_load(seconds=2), DARK)

    assert said == []
    assert light["800"]["background"] == "rgb(255, 255, 255)"
    assert dark["800"]["background"] == "rgb(21, 24, 29)"


def test_hostile_text_does_nothing_in_a_browser(opened):
    acting = (
        "</title></style></pre><script>window.ran = 1</script><img src=x onerror='window.ran=2'>"
    )
    text = (
        acting
        + "<base href=//evil.example><style>*{display:none}</style>"
        + STRINGS["bidirectional"]
    )
    result = a_load(
        seconds=2,
        names={text: (text, text), f"2{text}": ("b", text)},
        text=text,
        settings={text: text},
        notes=(text,),
        stopped_why=text,
    )
    found, said = opened(result)

    assert said == []
    for page in found.values():
        assert page["acting"] == 0
        assert page["ran"] is None
        assert page["wider"] == 0
        assert page["sections"] == [
            "results", "objectives", "comparisons", "distributions", "time", "failures", "client",
            "about",
        ]  # fmt: skip


def test_a_run_without_a_request_is_a_page_too(opened):
    found, said = opened(empty_load())

    assert said == []
    assert found["360"]["wider"] == 0
    assert found["360"]["pictures"] == 0
