"""Odd but legal habits of providers: they look like faults, harm nobody, and are not reported.

Names are stable, as those of failures are: the simulator plants them under the same spelling.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """One habit: what it looks like on the wire, and why it is harmless."""

    name: str
    looks: str
    harmless: str


_RULES = "The rules for event streams allow it; the answer is read in full."

# name, what it looks like, why it is harmless
_ROWS = (
    ("sse-empty-data-event", "A stream holds events without data, as heartbeats.",
     "They keep the connection open and carry nothing; they are passed over."),
    ("sse-comments", "A stream holds comment lines, such as `: ping`.", _RULES),
    ("sse-cr-crlf", "Lines of a stream end in CR or CRLF.", _RULES),
    ("sse-bom", "A stream begins with a byte-order mark.", _RULES),
    ("sse-no-space-after-colon", "There is no blank after `data:`.", _RULES),
    ("sse-multi-line-data", "One document stands over several data lines.", _RULES),
    ("sse-split-utf8", "A character is cut by a packet's border.",
     "Packets have nothing to do with characters; the bytes are joined before they are read."),
    ("sse-unicode-line-breaks", "A text holds U+2028 or another line break of Unicode.",
     "Only CR and LF end a line of a stream; in a text these are characters like others."),
    ("sse-one-byte-packets", "A stream comes byte by byte.",
     "Packets may be of any size; the answer is read in full."),
    ("sse-first-chunk-no-choices", "The first chunk has no choices, only what a filter found.",
     "The text comes in the chunks after it."),
    ("sse-usage-only-chunk", "The last chunk has no choices, only the token counts.",
     "That is where token counts belong when they are asked for."),
    ("sse-gzip", "A stream comes compressed.",
     "It is unpacked as it comes, and its times are those of the unpacked events."),
    ("reasoning-field-variant", "The model's thinking comes under another field's name.",
     "Each of the names in use is read; the json report says which it was."),
    ("usage-every-chunk", "Every chunk of a stream has token counts, growing ones.",
     "The last ones count, and nothing is added up."),
    ("role-missing-or-odd", "A chunk's role is missing, null, or there every time.",
     "Nobody needs it: all of a stream is the assistant's."),
    ("tool-args-empty-string", "A call of a tool without parameters has \"\" as arguments.",
     "It means the same as {}."),
    ("tool-null-fields-in-delta", "Later pieces of a tool call have null as id and name.",
     "Null means that nothing is added; the first piece has both."),
)  # fmt: skip

HABITS: dict[str, Habit] = {
    name: Habit(name=name, looks=looks, harmless=harmless) for name, looks, harmless in _ROWS
}
