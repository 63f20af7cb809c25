"""A pass stands for a key for a while, and for nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayz.core.client_key import Allowance
from gatewayz.server.gauges import Gauge
from gatewayz.server.key_ring import Holder
from gatewayz.server.pages import passes

NOW = 1_800_000_000.0


def holder(name):
    return Holder(name, name, bytes(32), Allowance(), Gauge(Allowance()))


ANN, BOB = holder("ann"), holder("bob")
HOLDERS = ((ANN, b"a" * 32), (BOB, b"b" * 32))


def test_a_pass_is_its_holders_until_it_is_over():
    text = passes.issue(b"b" * 32, NOW)

    assert passes.holder_of(text, HOLDERS, NOW) is BOB
    assert passes.holder_of(text, HOLDERS, NOW + passes.LASTS_S - 1) is BOB
    assert passes.holder_of(text, HOLDERS, NOW + passes.LASTS_S + 1) is None
    assert passes.holder_of(text, HOLDERS[:1], NOW) is None, "its key was revoked"


def test_a_pass_cannot_be_made_to_last():
    until, _, signature = passes.issue(b"a" * 32, NOW).partition(".")

    assert passes.holder_of(f"{int(until) + 60}.{signature}", HOLDERS, NOW) is None
    far = passes.issue(b"a" * 32, NOW + 10 * passes.LASTS_S)
    assert passes.holder_of(far, HOLDERS, NOW) is None, "signed, but for longer than any is given"


@pytest.mark.parametrize("signature", ["\xe9", "\xff" * 64])
def test_a_signature_of_no_plain_letters_is_a_wrong_one(signature):
    """A Cookie header may hold any byte."""
    assert passes.holder_of(f"{int(NOW) + 60}.{signature}", HOLDERS, NOW) is None


@given(st.text(max_size=100))
def test_no_other_text_is_a_pass(text):
    assert passes.holder_of(text, HOLDERS, NOW) is None


@pytest.mark.parametrize("text", ["", ".", "²." + "0" * 64, "9" * 40 + ".x", "1e9.x", "-1.x"])
def test_odd_numbers_are_no_moments(text):
    assert passes.holder_of(text, HOLDERS, NOW) is None


def test_no_script_and_no_other_site_gets_at_a_pass():
    header = passes.cookie("x", secure=True)

    assert (
        header == f"gatewayz_pass=x; Path=/; Max-Age={12 * 3600}; HttpOnly; SameSite=Strict; Secure"
    )
    assert "Secure" not in passes.cookie("x")
    assert "Max-Age=0" in passes.cookie("", lasts_s=0)


def test_a_pass_is_found_among_other_cookies():
    assert passes.in_cookies(b"a=b; gatewayz_pass=1.2; c=d") == "1.2"
    assert passes.in_cookies(b"xgatewayz_pass=1.2; gatewayz_pas=3") == ""
    assert passes.in_cookies(b"\xff\xfe") == ""
