"""Each fault of the wire has at least five surfaces, drawn by the seed, and says which it drew."""

import importlib
import re

import pytest

from gatewayz.simulator import all_faults, running

FAMILIES = (
    "auth", "billing", "permission", "moderation", "not_found", "bad_request", "rate_limit",
    "server_error", "unavailable", "network", "timing", "catalogue", "catalogue_ids",
    "protocol_http", "protocol_json", "protocol_sse",
)  # fmt: skip
# What has but one surface, and why.
ONE = {
    "first-byte-timeout": "not a byte comes",
    "reset-before-response": "not a byte comes",
    "closed-without-response": "not a byte comes",
    "auth-listing-is-public": "the list is the place's own; who may have it is the fault",
    "servable-not-listed": "what is missing is the same in every call to a place",
    "listed-id-differs": "on lists: the prefix is the same in every call to a place",
    "id-case-mismatch": "on lists: the rule is the same in every call to a place",
}
HOLDS = {
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


def surface(seen):
    """What came, without what differs in every answer anyway."""
    text = re.sub(r"(?i)x-(request|trace)-id: .*", "", seen.raw.decode("latin-1"))
    text = re.sub(r"[0-9a-f]{12,}|17870000\d\d", "ID", text)
    return text, seen.end


@pytest.mark.parametrize(("name", "route", "stream"), CASES)
def test_a_fault_has_five_surfaces_or_a_reason(caller, name, route, stream):
    patience_s = 0.12 if name in HOLDS else 5.0
    options = {"models-huge": ";bytes=100000", "auth-key-expired-mid-run": ";after=0"}.get(name, "")
    header = [("x-simulate-fault", name + options)]
    found = set()
    for _ in range(40):
        if route == "models":
            seen = caller.get("litellm", "/v1/models", headers=header, patience_s=patience_s)
        else:
            seen = caller.chat(
                "litellm", "Tests/Odd", stream=stream, headers=header, patience_s=patience_s
            )
        found.add(surface(seen))
        if len(found) >= 5:
            break

    assert len(found) >= 5 or name in ONE


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


def test_every_two_faults_can_be_planted_together(caller, sim):
    """Whatever comes of it: the simulator itself does not fail."""
    names = [name for name in all_faults() if name not in HOLDS | {"models-huge", "sse-huge-event"}]
    wire = ("json-double-encoded", "json-control-chars", "sse-bom", "sse-gzip", "short-content-length",
            "deprecated-model", "json-truncated", "http-malformed", "stream-as-ndjson")  # fmt: skip
    for first in names:
        for second in wire:
            for stream in (False, True):
                seen = caller.chat(
                    "local", f"fault/{first}+{second};event=2", stream=stream, patience_s=0.02
                )

                assert b"the simulator itself failed" not in seen.raw, (first, second)
