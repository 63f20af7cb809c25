import gzip
import zlib

import pytest

from gatewayz.client.decoding import STEP, decoder_for
from gatewayz.client.wire import WireError
from gatewayz.core.attempt import FaultName

LIMIT = 1024 * 1024


def decode(encoding, *pieces, limit=LIMIT):
    decoder = decoder_for(encoding, limit)
    body = b"".join(step for piece in pieces for step in decoder.feed(piece))
    decoder.finish()
    return body


def fault_of(encoding, *pieces, limit=LIMIT):
    with pytest.raises(WireError) as caught:
        decode(encoding, *pieces, limit=limit)
    return caught.value.fault.name


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "deflate", " GZIP "])
def test_a_compressed_body_is_read_in_any_split(encoding):
    body = b"hello world " * 1000
    packed = zlib.compress(body) if encoding == "deflate" else gzip.compress(body)

    assert decode(encoding, packed) == body
    assert decode(encoding, *(packed[i : i + 1] for i in range(len(packed)))) == body


@pytest.mark.parametrize("size", [STEP - 1, STEP, STEP + 1, 2 * STEP, 4 * STEP, 999_999])
def test_nothing_is_lost_at_the_border_of_a_step(size):
    assert decode("gzip", gzip.compress(b"\0" * size)) == b"\0" * size


def test_several_members_are_one_body():
    assert decode("gzip", gzip.compress(b"a") + gzip.compress(b"b")) == b"ab"
    assert decode("gzip", gzip.compress(b"a"), gzip.compress(b"b")) == b"ab"


def test_a_bomb_is_refused_and_stays_small(wire):
    bomb = gzip.compress(b"\0" * (64 * LIMIT))
    fault, peak = wire.memory_of(lambda: fault_of("gzip", bomb))

    assert fault is FaultName.TOO_LARGE
    assert peak < 4 * LIMIT


@pytest.mark.parametrize(
    ("encoding", "data"),
    [("", b"a" * LIMIT), ("utf-8", b"a" * LIMIT), ("gzip", gzip.compress(b"a" * LIMIT)),
     ("gzip", gzip.compress(b"a" * (LIMIT // 2)) * 2)],
    ids=["plain", "misnamed", "packed", "packed in two"],
)  # fmt: skip
def test_a_piece_is_handed_on_in_bounded_steps(encoding, data):
    steps = list(decoder_for(encoding, LIMIT).feed(data))

    assert b"".join(steps) == b"a" * LIMIT
    assert all(0 < len(step) <= STEP for step in steps)


def test_nothing_is_unpacked_before_it_is_asked_for(wire):
    bomb = gzip.compress(b"\0" * (64 * LIMIT))
    step, peak = wire.memory_of(lambda: next(decoder_for("gzip", 64 * LIMIT).feed(bomb)))

    assert step == b"\0" * STEP
    assert peak < LIMIT


def test_empty_members_without_end_are_refused():
    assert fault_of("gzip", gzip.compress(b"") * 10_000) is FaultName.UNDECODABLE


def test_bytes_that_are_not_what_they_claim_are_refused():
    assert fault_of("gzip", b'{"a": 1}') is FaultName.UNDECODABLE
    assert fault_of("gzip", gzip.compress(b"a") + b"garbage") is FaultName.UNDECODABLE
    assert fault_of("br", b"x") is FaultName.UNDECODABLE


def test_a_compressed_body_that_ends_early_is_cut():
    assert fault_of("gzip", gzip.compress(b"hello" * 100)[:-4]) is FaultName.CLOSED


def test_no_encoding_passes_bytes_through():
    assert decode("", b"a", b"b") == b"ab"
    assert decode("identity", b"a") == b"a"
    assert decode("gzip") == b""


def test_a_body_of_no_bytes_may_claim_any_encoding():
    assert decode("br", b"") == b""


@pytest.mark.parametrize("name", ["utf-8", "none", "UTF-8, none"])
def test_a_plain_text_under_an_unknown_encoding_is_taken_as_it_is(name):
    text = ('{"é": 1}' + " " * 500).encode()

    assert decode(name, text) == text
    assert decode(name, *(text[i : i + 1] for i in range(len(text)))) == text


@pytest.mark.parametrize("packed", [b"\x1b\x0e\x00\xf8", b"(\xb5/\xfd$", b"{\x00", b"{\xff"])
def test_what_reads_as_no_text_is_not_taken(packed):
    assert fault_of("none", packed) is FaultName.UNDECODABLE
    assert (
        fault_of("none", *(packed[i : i + 1] for i in range(len(packed)))) is FaultName.UNDECODABLE
    )


@pytest.mark.parametrize("name", ["br", "zstd", "gzip, br", "identity, compress"])
def test_a_plain_text_under_a_real_encoding_is_refused(name):
    assert fault_of(name, b'{"a": 1}') is FaultName.UNDECODABLE
