"""HTTP/2 where HTTP/1.1 was to come: what its frames say. RFC 9113, sections 4.1, 6.5 and 6.8."""

from __future__ import annotations

FRAME_HEADER = 9
_SETTINGS, _GOAWAY = 4, 7
_LARGEST_FRAME = 16_384
_ONE_SETTING, _LEAST_GOAWAY = 6, 8
_MOST_FRAMES = 20
_CODES = (
    "NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT",
    "STREAM_CLOSED", "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR",
    "CONNECT_ERROR", "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
)  # fmt: skip


def opens_with_frame(data: bytes) -> bool:
    """Whether bytes begin with the header of a SETTINGS or a GOAWAY frame."""
    if len(data) < FRAME_HEADER or int.from_bytes(data[5:9], "big") & 0x7FFF_FFFF:
        return False
    length, kind = int.from_bytes(data[:3], "big"), data[3]
    if kind == _SETTINGS:
        return length % _ONE_SETTING == 0 and length <= _LARGEST_FRAME
    return kind == _GOAWAY and _LEAST_GOAWAY <= length <= _LARGEST_FRAME


def reason(data: bytes) -> str:
    """Why the server goes away, in a few words; that it speaks HTTP/2, when it does not say."""
    for _ in range(_MOST_FRAMES):
        length, kind = int.from_bytes(data[:3], "big"), data[3:4]
        payload, rest = data[FRAME_HEADER : FRAME_HEADER + length], data[FRAME_HEADER + length :]
        if kind == bytes((_GOAWAY,)) and len(payload) >= _LEAST_GOAWAY:
            code = int.from_bytes(payload[4:8], "big")
            name = _CODES[code] if code < len(_CODES) else f"error {code}"
            said = payload[8:208].decode("utf-8", "replace")
            return f"HTTP/2 GOAWAY, {name}: {said}" if said else f"HTTP/2 GOAWAY, {name}"
        if len(rest) < FRAME_HEADER:
            break
        data = rest
    return "HTTP/2 frames where an HTTP/1.1 answer should be"
