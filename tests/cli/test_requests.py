"""`gatewayz requests`: what the backend served."""

import json
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gatewayz.core import Served
from gatewayz.store import open_store

GOOD = Served(
    id="r1", started_at=datetime(2026, 11, 2, 12, tzinfo=UTC), endpoint="/v1/chat/completions",
    gateway="groq", model="llama-3.3-70b", status=200, input_tokens=12, output_tokens=3,
    cost_usd=0.000123, upstream_s=0.2, first_byte_s=0.25, total_s=0.3,
)  # fmt: skip


@pytest.fixture
def place(tmp_path):
    """Where two requests are kept, as variables."""
    where = str(tmp_path / "kept.db")
    cut = replace(
        GOOD, id="r2", client="ci", gateway="together", model="x/\x1b[31mred", streamed=True,
        kind="stream-reset", failure_class="network", attempts=2, cost_usd=None, output_tokens=None,
    )  # fmt: skip
    with closing(open_store(where)) as store:
        store.requests.record([GOOD, cut])
    return {"GATEWAYZ_STORE": where}


def test_each_request_is_told_the_newest_first(gatewayz, place):
    # Wherever one is, moments are those of UTC.
    done = gatewayz("requests", TZ="Asia/Tokyo", **place)

    assert done.returncode == 0, done.stderr
    cut, good = done.stdout.split("2026-11-02")[1:]
    assert (
        " ".join(good.split())
        == "12:00:00 UTC 200 groq/llama-3.3-70b, 0.30s, 12 in, 3 out, $0.000123"
    )
    told = " ".join(cut.split())
    assert "stream-reset, 0.30s, first byte 0.25s, 12 in, ? out, 2 attempts, key ci" in told
    assert "\x1b" not in done.stdout
    assert all(len(line) <= 80 for line in done.stdout.splitlines())


@pytest.mark.parametrize(
    ("chosen", "ids"),
    [
        ((), ["r2", "r1"]),
        (("groq",), ["r1"]),
        (("--client", "ci"), ["r2"]),
        (("--failed",), ["r2"]),
        (("--limit", "1"), ["r2"]),
        (("groq", "--failed"), []),
    ],
)
def test_they_are_chosen_by_gateway_key_and_failure(gatewayz, place, chosen, ids):
    done = gatewayz("requests", *chosen, "--format", "json", **place)

    assert [one["id"] for one in json.loads(done.stdout)["requests"]] == ids


def test_none_is_told_with_what_makes_some(gatewayz, tmp_path, place):
    empty = gatewayz("requests", GATEWAYZ_STORE=str(tmp_path / "none.db"))
    chosen = gatewayz("requests", "groq", "--failed", **place)

    assert (empty.returncode, chosen.returncode) == (0, 0)
    assert "No requests in" in empty.stdout
    assert "gatewayz serve" in empty.stdout
    assert "No such requests" in chosen.stdout


def test_an_unknown_gateway_is_one_line_with_the_nearest(gatewayz, place):
    done = gatewayz("requests", "grok", **place)

    assert done.returncode == 2
    assert "groq" in done.stderr
