"""The backend against its own OpenAPI document: `make fuzz`, in CI with a fixed seed for a minute."""

import json
import re

import pytest
from tests.fuzz.conftest import CHAT, OTHERS, OWN_KEY, minutes

from gatewayz.server.openapi import document

LINE = re.compile(r" method=(\S+) path=(\S+) .* status=(\d+) .* kind=(\S+)")


@pytest.fixture(scope="module")
def long_attack(attacked):
    """All phases, for as long as there is time."""
    return attacked.attack("--max-time", f"{60 * minutes():.0f}")


@pytest.fixture(scope="module")
def lines(attacked, long_attack):
    """The log of it: method, path, status and kind of each request."""
    return LINE.findall(attacked.log.read_text(errors="replace"))


def test_nothing_breaks_the_document_or_the_rules_beside_it(long_attack):
    assert long_attack.returncode == 0, long_attack.stdout[-20_000:] + long_attack.stderr[-2000:]
    assert "Operations:       20 selected / 20 total" in long_attack.stdout


def test_the_log_knows_of_no_bug_of_ours(lines):
    assert [line for line in lines if line[3] == "internal-error"] == []


def test_it_came_through_to_the_providers_and_met_their_faults(lines, attacked):
    served = [path for _, path, status, _ in lines if status == "200"]
    struck = {one.fault for one in attacked.simulator.log if one.fault}

    assert all(served.count(path) > 5 for path in (CHAT, *OTHERS))
    assert len(struck) > 5
    assert {"400", "401", "404", "405"} <= {status for _, _, status, _ in lines}


def test_no_provider_saw_what_a_client_shows_to_us(long_attack, attacked):
    seen = [one.headers for one in attacked.simulator.log] + [
        headers for _, headers in attacked.seen
    ]

    assert len(seen) > 50
    assert [headers for headers in seen if OWN_KEY in repr(headers)] == []


def _with(api, value, *keys):
    """The description with something else in one place."""
    *path, last = keys
    place = api
    for key in path:
        place = place[key]
    place[last] = value
    return api


LIES = {
    "Undocumented status code": (
        {"200": {"description": "Always."}}, "paths", "/v1/models/{id}", "get", "responses",
    ),
    "API accepts requests without authentication": (
        [{"key": []}], "paths", "/health", "get", "security",
    ),
    "Undocumented Content-Type": (
        {"application/json": {"schema": {}}},
        "paths", "/metrics", "get", "responses", "200", "content",
    ),
    "Response violates schema": (
        ["nobody"], "components", "schemas", "Error", "properties", "error", "required",
    ),
}  # fmt: skip


@pytest.mark.parametrize("found", LIES)
def test_what_is_not_as_the_document_says_is_found(attacked, tmp_path, found):
    """The fuzzer can fail: each of these would be a finding."""
    lying = tmp_path / "openapi.json"
    lying.write_text(json.dumps(_with(document(), *LIES[found])))

    bounds = ("--max-time", "60", "--max-failures", "1")
    done = attacked.attack(*bounds, "--include-method", "GET", document=lying)

    assert done.returncode == 1, done.stdout
    assert found in done.stdout, done.stdout
