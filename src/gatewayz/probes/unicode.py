"""Accents, curly quotes, Chinese and an emoji to repeat.

A pass says that letters beyond ASCII survive the way there and back. Garbled letters, replacement
marks and letters that are left out are told apart; an answer with none of them fails, one in other
words is a warning, and straight quotes for curly ones are fine.
"""

from gatewayz.checks.echoes_every_letter import echoes_every_letter
from gatewayz.core import ChatRequest, Occasion, Probe
from gatewayz.probes._delivery import DELIVERY
from gatewayz.probes._room import room

_ACCENTED = ("Grüße", "Señor", "Çà et là", "Žluťoučký", "Ærøskøbing", "Łódź")
_EASTERN = ("東京", "你好", "서울", "さくら")
_EMOJI = ("🦙", "🚲", "🌋", "🪁")
_QUOTED = ("naïve “quotes” don’t", "“déjà vu” isn’t", "the “façade” won’t")


def _request(occasion: Occasion) -> ChatRequest:
    rng = occasion.rng
    parts = (f"{rng.choice(_ACCENTED)},", *map(rng.choice, (_EASTERN, _EMOJI, _QUOTED)))
    text = " ".join(parts)
    return ChatRequest(
        messages=({"role": "user", "content": f'Repeat exactly, and nothing else: "{text}"'},),
        max_tokens=room(occasion.ask, 80),
        oracle={"text": text, "answer": text},
        feature="unicode",
    )


PROBE = Probe(
    name="unicode",
    title="Letters beyond ASCII",
    request=_request,
    checks=(*DELIVERY, echoes_every_letter),
    presets=frozenset({"standard"}),
    rank=5,
)
