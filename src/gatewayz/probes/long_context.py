"""Three codes in a long text, at its start, its middle and its end.

A pass says that all three came back. The text is as long as the setting `max_prompt_tokens` allows
(2,000) and the model's window: unless that is raised, nothing is said of the whole window.
"""

from random import Random

from gatewayz.checks.recalls_needles import recalls_needles
from gatewayz.core import ChatRequest, Occasion, Probe
from gatewayz.core.usual_question import PROMPT_TOKENS
from gatewayz.probes._delivery import DELIVERY
from gatewayz.probes._room import room

_ANSWER_TOKENS = 100
# What the question, the needles and a chat template take beside the filler.
_FRAME_TOKENS = 200
# Few tokenizers make more tokens than one of four bytes of plain words.
_BYTES_PER_TOKEN = 4

_DEPTHS = ("start", "middle", "end")
_COLOURS = ("red", "blue", "green", "yellow", "purple", "orange", "silver", "brown", "black")
_FILLER = (
    "river", "window", "morning", "carries", "quiet", "garden", "paper", "slowly", "mountain",
    "letter", "under", "kitchen", "winter", "between", "market", "gentle", "stone", "travels",
    "harvest", "ladder", "across", "village", "music", "candle", "early", "bridge", "follows",
    "summer", "basket", "narrow", "engine", "silent", "feather", "corner", "always", "island",
    "blanket", "thunder", "wooden", "traveller", "meadow", "answers", "distant", "pocket",
)  # fmt: skip
_WORDS_PER_LINE = 12


def _with_needles(occasion: Occasion) -> ChatRequest:
    rng = occasion.rng
    colours = rng.sample(_COLOURS, len(_DEPTHS))
    codes = [str(code) for code in rng.sample(range(10_000, 100_000), len(_DEPTHS))]
    lines = list(_filler(rng, _size_bytes(occasion)))
    places = (0, len(lines) // 2, len(lines))
    for colour, code, place in reversed(list(zip(colours, codes, places, strict=True))):
        lines.insert(place, f"The code for {colour} is {code}.")
    lines.append("List the codes for {}, {} and {}, digits only.".format(*colours))
    needles = [{"depth": depth, "code": code} for depth, code in zip(_DEPTHS, codes, strict=True)]
    return ChatRequest(
        messages=({"role": "user", "content": "\n".join(lines)},),
        max_tokens=room(occasion.ask, _ANSWER_TOKENS),
        temperature=0,
        oracle={"needles": needles},
        feature="long context",
    )


def _size_bytes(occasion: Occasion) -> int:
    """The filler's size: the advertised window, or the user's cap, less the room for the rest."""
    cap, window = occasion.ask.max_prompt_tokens, occasion.model.context_tokens
    answer = room(occasion.ask, _ANSWER_TOKENS) or _ANSWER_TOKENS
    bounds = [cap, None if window is None else window - answer]
    tokens = min((bound for bound in bounds if bound is not None), default=PROMPT_TOKENS)
    return max(0, tokens - _FRAME_TOKENS) * _BYTES_PER_TOKEN


def _filler(rng: Random, size_bytes: int) -> list[str]:
    """Lines of random words, so that no cache holds them and nothing in them can be guessed."""
    lines: list[str] = []
    while size_bytes > 0:
        line = " ".join(rng.choices(_FILLER, k=_WORDS_PER_LINE)).capitalize() + "."
        lines.append(line)
        size_bytes -= len(line) + 1
    return lines


PROBE = Probe(
    name="long_context",
    title="Codes in a long text",
    request=_with_needles,
    checks=(*DELIVERY, recalls_needles),
    rank=51,
)
