"""What testing costs is measured on answers that pass, and told with what it is held against."""

import asyncio
import copy
import sys

import pytest

if not sys.platform.startswith("linux"):
    pytest.skip("the provider's sockets go by epoll", allow_module_level=True)

from benchmarks.table import load
from benchmarks.tool_speed import page as pages
from benchmarks.tool_speed.bare import Bare
from benchmarks.tool_speed.driving import plain, streams
from benchmarks.tool_speed.ours import Ours
from benchmarks.tool_speed.page import SECTION, page
from benchmarks.tool_speed.rolling import rolled
from benchmarks.tool_speed.rounds import CANDIDATES, Candidate, Plan, here, measure, provider

from gatewayz.core import Run, RunStatus
from gatewayz.core.units import utc_now
from gatewayz.store import open_store

TINY = Plan(1, 2, 6, 2, 3, 10, 2, 3)


@pytest.fixture(scope="module")
def port():
    with provider(None) as port:
        yield port


@pytest.fixture
def store(tmp_path):
    store = open_store(tmp_path / "store.db")
    store.begin_run(Run(id="bench", started_at=utc_now(), status=RunStatus.RUNNING))
    yield store
    store.close()


def run(client_of, job, first, second):
    async def go():
        client = client_of()
        try:
            return await job(client, first, second)
        finally:
            await client.aclose()

    return asyncio.run(asyncio.wait_for(go(), 30))


def test_what_is_asked_passes_every_check_and_is_kept(port, store):
    found = run(lambda: Ours("record", port, store), plain, 2, 6)
    streamed = run(lambda: Ours("record", port, store), streams, 2, 30)

    assert found["count"] == 6
    assert streamed["count"] == streamed["wanted"] == 60
    verdicts = store.run("bench").verdicts
    # What warms it up is kept as well: two on each connection, and one stream.
    assert len(verdicts) == 6 + 4 + 2 + 1
    assert {warning.kind for verdict in verdicts for warning in verdict.warnings} == set()


def test_the_bare_client_gets_every_chunk_too(port):
    assert run(lambda: Bare(port), streams, 2, 30)["count"] == 60


def test_chunks_come_a_gap_apart(port):
    found = run(lambda: Bare(port), streams, 1, 10)

    assert found["wall_s"] >= 0.18


def test_a_roll_call_asks_every_model_of_every_gateway(port, store):
    found = asyncio.run(rolled(port, store, 2, 3))

    assert found["count"] == 6
    assert found["cpu_s"] > 0


def test_a_run_has_figures_of_everybody_who_is_here():
    wanted = [CANDIDATES[0], CANDIDATES[3]]
    said = []

    found = measure(TINY, wanted, None, said.append)

    assert list(found["candidates"]) == ["bare", "record"]
    for row in found["candidates"].values():
        assert 0 < row["plain"]["cpu_us"] < 1e6
        assert 0 < row["streams"]["cpu_us"] < 1e6
    assert found["roll_call"]["per_s"] > 0
    assert any("memory" in line for line in said)


def test_who_is_not_installed_is_named_with_what_to_do():
    nobody = Candidate("x", "a client", "others x", environment="no-such-environment")

    found, skipped = here([CANDIDATES[0], nobody])

    assert found == [CANDIDATES[0]]
    assert skipped == {"a client": "not installed; run `make test-clients`"}


def test_one_that_ends_in_a_job_is_an_error_that_names_it():
    nobody = Candidate("crash", "a client", "others nobody")

    with pytest.raises(RuntimeError, match="crash ended"):
        measure(TINY, [nobody], None, lambda _: None)


def figures():
    row = {
        "plain": {"cpu_us": 20.0, "per_s": 900, "of_a_core": 50_000},
        "streams": {"cpu_us": 10.0, "per_s": 900, "of_a_core": 100_000},
        "many_streams": {"cpu_us": 5.0, "per_s": 900, "of_a_core": 200_000},
        "kb_each": 12.4,
    }
    slow = copy.deepcopy(row)
    slow["plain"] |= {"cpu_us": 1234.5, "of_a_core": 810}
    slow["many_streams"] = None
    return {
        "date": "2026-11-26", "short": False, "niceness": 0, "plan": vars(TINY), "checks": 24,
        "machine": {"cpu": "A cpu", "cores": 2, "system": "Linux 6", "python": "3.11.7"},
        "versions": {"httptools": "0.9.0"}, "skipped": {"aiohttp": "not installed"},
        "candidates": {"bare": row, "openai": slow}, "roll_call": {"cpu_us": 432.1, "per_s": 1500},
    }  # fmt: skip


def test_the_table_holds_each_against_the_bare_one():
    text = page(figures())

    assert "| asyncio and httptools, bare | 50,000 | 20.0 | 10.0 | 5.0 | 12 |" in text
    assert "| openai's SDK | 810 | 1,234 (61.7 ×) | 10.0 (1.0 ×) | - | 12 |" in text
    assert "Not here: aiohttp (not installed)." in text
    assert "432 µs of CPU a probe, 1,500 probes a second" in text
    assert "beside other work" not in text
    assert "beside other work" in page({**figures(), "niceness": 19})


def test_the_page_is_what_was_measured_last():
    assert pages.PAGE.read_text() == page(load()[SECTION])
