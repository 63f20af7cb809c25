"""Each fault of the wire has at least five surfaces, drawn by the seed, and says which it drew."""

import importlib
import re

import pytest

from gatewayz.simulator import all_faults, running

FAMILIES = (
    "auth", "billing", "permission", "moderation", "not_found", "bad_request", "rate_limit",
    "server_error", "unavailable", "network", "timing", "catalogue", "catalogue_ids",
    "protocol_http", "protocol_json", "protocol_sse", "protocol_sse_odd",
)  # fmt: skip
# What has fewer, and why.
FEW = {
    "first-byte-timeout": 1,  # not a byte comes
    "reset-before-response": 1,  # not a byte comes
    "closed-without-response": 1,  # not a byte comes
    "auth-listing-is-public": 1,  # the list is the place's own; who may have it is the fault
    "servable-not-listed": 1,  # what is missing is the same in every call to a place
    "listed-id-differs": 1,  # on lists: the prefix is the same in every call to a place
    "sse-one-byte-packets": 1,  # how it is cut is the fault
    "id-case-mismatch": 1,  # on lists: the rule is the same in every call to a place
}
# What differs here stands in the head alone, which is no sound one.
IN_THE_HEAD = {"http-malformed", "http-conflicting-length"}
HOLDS = {
    "first-byte-timeout",
    "headers-then-silence", "stall-between-chunks", "stall-before-end", "trickle",
    "keepalive-forever", "error-body-stall",
}  # fmt: skip


def of_the_wire():
    for family in FAMILIES:
        for fault in importlib.import_module(f"gatewayz.simulator.faults.{family}").FAULTS:
            for route in ("chat", "models"):
                for stream in (False, True):
                    if fault.fits(route, stream) and not (route == "models" and stream):
                        yield fault.name, route, stream


CASES = sorted(set(of_the_wire()))


MEANT = ("content-type", "content-encoding", "location", "retry-after", "sunset", "deprecation")


def surface(seen):
    """What came, without what differs in every answer anyway: spare headers, their spelling, ids."""
    headers = [(name, seen.headers[name].lower()) for name in MEANT if name in seen.headers]
    body = re.sub(rb"[0-9a-f]{12,}|17870000\d\d", b"ID", seen.body)
    framing = (
        "transfer-encoding" in seen.headers,
        seen.last_chunk,
        seen.headers.get("content-length"),
    )
    return seen.status, *headers, body or seen.raw, framing, seen.end


@pytest.mark.parametrize(("name", "route", "stream"), CASES)
def test_a_fault_has_five_surfaces_or_a_reason(caller, sim, name, route, stream):
    wanted = FEW.get(name, 5)
    patience_s = 0.12 if name in HOLDS else 5.0
    options = {"models-huge": ";bytes=100000", "auth-key-expired-mid-run": ";after=0"}.get(name, "")
    header = [("x-simulate-fault", name + options)]
    found = set()
    for _ in range(40):
        if route == "models":
            seen = caller.get("litellm", "/v1/models", headers=header, patience_s=patience_s)
        else:
            seen = caller.chat(
                "local", "tiny", stream=stream, headers=header, patience_s=patience_s
            )
        found.add(sim.log[-1].variant if name in IN_THE_HEAD else surface(seen))
        if len(found) >= wanted:
            break

    assert len(found) >= wanted, found


def test_the_sheet_says_which_variant_an_answer_is(caller, sim):
    variants = set()
    for _ in range(60):
        caller.chat("local", "fault/billing-no-credit")
        variants.add(sim.log[-1].variant)

    assert {"google", "aws", "problem", "own"} <= {one.rsplit("-", 1)[0] for one in variants}
    caller.chat("local", "tiny")
    assert sim.log[-1].variant == ""


def test_half_of_the_refusals_carry_no_mark(caller):
    bodies = [caller.chat("local", "fault/permission-region").text for _ in range(60)]
    marked = [
        body
        for body in bodies
        if re.search(r"(?i)unsupported.?country|region.?not.?supported|geo.?blocked", body)
    ]

    assert 15 < len(marked) < 45


@pytest.mark.parametrize("name", ["auth-bad-key", "rate-limit", "overloaded", "model-not-found"])
def test_the_same_seed_draws_the_same_surface(send, name):
    _, caller_of = send

    def drawn(seed):
        with running(seed=seed, latency_s=0) as simulator:
            caller = caller_of(simulator)
            seen = [caller.chat("groq", f"fault/{name}") for _ in range(4)]
            # A date is the clock's.
            return [(one.status, one.body) for one in seen], [s.variant for s in simulator.log]

    assert drawn(5) == drawn(5)
    assert drawn(5) != drawn(6)


@pytest.mark.parametrize("every", [8, pytest.param(1, marks=pytest.mark.slow)])
def test_every_two_faults_can_be_planted_together(caller, sim, every):
    """Whatever comes of it: the simulator itself does not fail."""
    names = [name for name in all_faults() if name not in HOLDS | {"models-huge", "sse-huge-event"}]
    wire = ("json-double-encoded", "json-control-chars", "sse-bom", "sse-gzip", "short-content-length",
            "deprecated-model", "json-truncated", "http-malformed", "stream-as-ndjson")  # fmt: skip
    for first in names[::every]:
        for second in wire:
            for stream in (False, True):
                seen = caller.chat(
                    "local", f"fault/{first}+{second};event=2", stream=stream, patience_s=0.02
                )

                assert b"the simulator itself failed" not in seen.raw, (first, second)


@pytest.mark.parametrize("name", ["rate-limit-in-200", "moderation-block"])
def test_a_limit_or_a_filter_may_cut_into_an_answer_that_has_begun(caller, sim, name):
    seen, midway = [], []
    for _ in range(60):
        seen.append(caller.chat("local", f"fault/{name}", stream=True))
        midway.append(sim.log[-1].variant.endswith("-midway"))
    cut = [one.text for one, begun in zip(seen, midway, strict=True) if begun]

    assert 3 <= len(cut) < 60
    assert all('"delta"' in text and "Test" in text and "error" in text for text in cut)
    assert not any("successful" in text and '"stop"' in text for text in cut)
