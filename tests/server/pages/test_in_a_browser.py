"""The dashboard in a real Chromium: under its own policy, at three widths, light and dark."""

import html
import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.browser import DARK, browsing
from tests.watched import fill

from gatewayz.config import load_settings
from gatewayz.core import Gateway, Outcome, RunStatus
from gatewayz.server import running
from gatewayz.server.pages.frame import Frame, model_link
from gatewayz.server.pages.live import live_document, live_page
from gatewayz.store.under_way import Latest, UnderWay

# A cold browser on a busy machine takes its time.
pytestmark = pytest.mark.timeout(180)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOSTILE = "<img src=x onerror=alert(1)></td><script>alert(1)</script>"
PLACES = {
    "status.html": "/status",
    "gateway.html": "/status/gateways/xai",
    "model.html": "/status/models/xai/qwen/qwen3-32b",
    "runs.html": "/status/runs",
    "live.html": "/status/live",
}


@pytest.fixture
def browser(tmp_path):
    with browsing(tmp_path) as it:
        yield it


def test_the_pages_read_well_at_every_width_in_both_themes(browser, shown, locked):
    pages = {name: shown.get(path).body for name, path in PLACES.items()}
    pages["login.html"] = locked.get("/status").body
    # Nobody answers its script where the pages are looked at; a test of its own does.
    pages["live.html"] = re.sub(b"<script>.*?</script>", b"", pages["live.html"], flags=re.DOTALL)
    light, said = browser.open(pages)
    dark, _ = browser.open({"status.html": pages["status.html"]}, DARK)

    assert [
        line
        for line in said
        if ".svg" not in line and "404" not in line and "Autofocus" not in line
    ] == []
    for name, widths in light.items():
        for width, page in widths.items():
            assert page["wider"] == 0, f"{name} is wider than {width}"
            assert page["cut"] == page["overlapping"] == [], f"labels of {name} at {width}"
            if width != "360":
                assert page["sideways"] == [], f"tables of {name} that are cut at {width}"
            if page["smallest"] is not None:
                assert page["smallest"] >= 11, f"letters in pictures of {name} at {width}"
            assert page["links"], f"a link of {name} leads nowhere"
            assert page["names"] == 0, f"something of {name} that can be reached has no name"
    assert light["model.html"]["768"]["smallest"] is not None
    status = light["status.html"]["768"]
    assert status["stuck"] == "sticky"
    assert status["only"] == [1, "1 of 6 models", "Which models are shown", "0 of 6 models"]
    assert status["find"] == [2, 6, 0, "0 of 6 models", 1, "Find ", ""]
    assert status["background"] == "rgb(255, 255, 255)"
    assert dark["status.html"]["768"]["background"] == "rgb(21, 24, 29)"


def test_the_servers_policy_lets_the_pages_own_script_run_and_complains_of_nothing(browser, shown):
    dom, said = browser.dump(f"{shown.base}/status")
    badge, complaints = browser.dump(f"{shown.base}/status/models/xai/qwen/qwen3-32b")

    assert said == complaints == []
    assert re.search(rb'<label class="find">', dom), "the script shows the search"
    assert b'src="/badge/xai/qwen/qwen3-32b.svg"' in badge


def test_a_page_with_a_long_name_is_no_wider_than_a_phone(browser, start, acme, store_file):
    name = "meta-llama/Llama-3.3-70B-Instruct-Turbo-Classifier-Preview-2507"
    fill(store_file, gateways=("together",), models=(name,), hours=(2,))
    client = start(acme, GATEWAYZ_STORE=store_file)
    badge = client.get(f"/badge/together/{name}.svg").body
    (browser.folder / "badge.svg").write_bytes(badge)
    model = client.get(f"/status/models/together/{name}").body
    pages = {"model.html": re.sub(rb'src="/badge[^"]*"', b'src="badge.svg"', model)}
    narrow = browser.open(pages)[0]["model.html"]["360"]
    size = re.search(rb'viewBox="0 0 ([0-9.]+) 20"', badge)

    assert narrow["wider"] == 0
    assert float(size[1]) > 360, "a badge that had to be made smaller"


# Parts of an address that a browser takes out of it, and some that only look so.
ODD = (".", "..", "a/../b", "./a", "a/..", "%2e", "%2e%2e/a", "a//b", "...")


@pytest.fixture
def odd(store_file, tmp_path):
    """A backend over a store whose models have such names."""
    fill(store_file, models=ODD, gateways=("..",), hours=(2,))
    environ = {"ACME_API_KEY": "k", "XDG_DATA_HOME": str(tmp_path), "GATEWAYZ_STORE": store_file}
    gateway = Gateway(name="acme", base_url="http://127.0.0.1:1/v1", key_env="ACME_API_KEY")
    with running(load_settings(environ=environ, folder=tmp_path), {"acme": gateway}) as base:
        yield base


def test_every_link_of_the_status_page_leads_to_its_page_whatever_the_name(browser, odd):
    dom, _ = browser.dump(f"{odd}/status")
    links = {
        html.unescape(link) for link in re.findall(r'href="(/status/[gm][^"]*)"', dom.decode())
    }
    found = {}
    for link in links:
        page, _ = browser.dump(f"{odd}{link}")
        found[link] = html.unescape(re.search(r"<h1>(.*?)</h1>", page.decode(), re.DOTALL)[1])
    page, _ = browser.dump(odd + model_link("..", "a/../b"))
    badge = re.search(r'src="(/badge[^"]*)"', page.decode())[1]

    names = sorted(re.sub(r"<[^>]*>", "", name) for name in found.values())
    assert names == sorted([*ODD, ".."])
    assert b">../a/../b<" in browser.dump(f"{odd}{badge}")[0]


def under_way(passed, *labels):
    latest = tuple(
        Latest(gateway="groq", model=f"{HOSTILE}\u202egnp.exe", probe="chat", way="direct", at=NOON,
               outcome=Outcome.FAILED if label else Outcome.PASSED, label=label, latency_s=0.5)
        for label in labels
    )  # fmt: skip
    ended = {"groq": {Outcome.PASSED: passed, Outcome.FAILED: sum(map(bool, labels))}}
    return UnderWay(id="run-1", started_at=NOON, finished_at=None, status=RunStatus.RUNNING,
                    planned=10 if passed > 1 else 0, ended=ended, latest=latest)  # fmt: skip


def test_a_run_that_ends_takes_the_keyboards_place_from_nobody(browser):
    frame = Frame(here="/status/live", whole=True)
    seen = under_way(1, "")
    ended = replace(seen, status=RunStatus.FINISHED, finished_at=NOON)
    # The page's own address gives what the server makes of it after the end.
    at_first = """<script>history.replaceState(null, "", "/after.html");
        addEventListener("load", () => document.querySelector("main a").focus());
        setInterval(() => { document.body.dataset.focus = document.activeElement.textContent; }, 50);</script>"""
    page = live_page(frame, seen, NOON).body.replace(b"</head>", at_first.encode() + b"</head>")
    (browser.folder / "live.html").write_bytes(page)
    (browser.folder / "after.html").write_bytes(live_page(frame, ended, NOON).body)
    (browser.folder / "api" / "v1").mkdir(parents=True)
    document = json.dumps(live_document(ended, NOON))
    (browser.folder / "api" / "v1" / "live").write_text(f"data: {document}\n\n")
    dom, said = browser.dump(f"http://127.0.0.1:{browser.port}/live.html")
    text = dom.decode()

    assert said == []
    assert 'data-focus="Its report"' in text, (
        "it is on the same link, and the page was not loaded again"
    )
    assert 'data-running="no"' in text
    assert "The run has ended</p>" in text
    assert "setInterval" in text


def test_a_run_that_goes_on_is_followed_and_its_texts_do_nothing(browser):
    page = live_page(Frame(here="/status/live", whole=True), under_way(1, ""), NOON)
    later = live_document(under_way(7, "rate-limit", ""), NOON)
    (browser.folder / "live.html").write_bytes(page.body)
    # A file without a suffix is shown as a stream of events.
    (browser.folder / "api" / "v1").mkdir(parents=True)
    (browser.folder / "api" / "v1" / "live").write_text(f"data: {json.dumps(later)}\n\n")
    dom, said = browser.dump(f"http://127.0.0.1:{browser.port}/live.html")
    text = dom.decode()

    assert said == []
    assert '<span data-live="recorded">8</span>' in text
    assert '<span data-live="passed">7</span>' in text
    assert '<span data-live="planned">of 10 planned</span>' in text
    assert "8 of 10 results" in text
    assert '<td class="words">rate-limit</td>' in text
    assert re.search(r'class="fill good" x="0" y="0" width="70"', text)
    assert '<th scope="row"><bdi class="name">groq/<wbr>&lt;img' in text, (
        "wraps as names do elsewhere"
    )
    assert "<img" not in text
    assert "\\u202egnp.exe" in text, "what would turn a name around is shown"
    assert "\u202e" not in text
    assert text.count("<script") == 1


ASKING = """<pre id="told">nothing</pre><script>
const body = {model: "acme/one", messages: [{role: "user", content: "hi"}]}
const headers = {"Content-Type": "application/json", Authorization: "Bearer none", "X-Mine": "1"}
fetch(BASE + "/v1/chat/completions", {method: "POST", headers, body: JSON.stringify(body)})
  .then(async answer => [answer.status, answer.headers.get("x-gatewayz-gateway"), (await answer.json()).model])
  .then(found => { told.textContent = found.join(" ") }, error => { told.textContent = error.message })
</script>"""


def test_a_page_of_another_port_of_this_machine_may_ask_and_read(browser, start, acme):
    page = ASKING.replace("BASE", json.dumps(start(acme).base))
    (browser.folder / "asking.html").write_text(page)
    dom, said = browser.dump(f"http://127.0.0.1:{browser.port}/asking.html")

    assert b'<pre id="told">200 acme one</pre>' in dom, said
