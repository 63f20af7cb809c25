"""Drawn sentences, asked plainly and streamed; then fewer of them.

A pass says that the answers report their tokens, that the sums are right, that the prompt's count
fits the text, is the same in both forms, and shrinks with the text as tokens do: a count that is
always the same is told as implausible. No count at all is told as missing, not as zero. It does not
say that bills are right to the token: tokenizers differ.
"""

from dataclasses import replace

from gatewayz.checks.counts_both_forms_alike import counts_both_forms_alike
from gatewayz.checks.counts_follow_the_length import counts_follow_the_length
from gatewayz.checks.counts_the_known_prompt import counts_the_known_prompt
from gatewayz.core import ChatRequest, Occasion, Probe, Step
from gatewayz.core.usual_question import TEST_ANSWER, TEST_MESSAGE
from gatewayz.probes._delivery import DELIVERY
from gatewayz.probes._room import room

_SENTENCES = (
    "In the morning the old ferry leaves the harbour and carries bread and letters to the island.",
    "The captain knows every rock on the way, and the smell of the wind before it turns.",
    "When the fog comes down he counts the bells of the church that he has left behind him.",
    "Nobody knows how he tells them from the bells of the other shore.",
    "At noon he eats a red apple and reads the newspaper of yesterday twice.",
    "A few tired travellers sit on the benches and look out for the lighthouse.",
    "In winter the boat stays at the pier for weeks, and the letters wait in a wooden box.",
    "He goes home when the lamps are lit, and the dog walks slowly behind him.",
)
# Long enough that a wrong count shows, and never the same number of letters.
_LONG, _SHORT = range(4, 7), 1


def _request(occasion: Occasion) -> ChatRequest:
    return ChatRequest(
        messages=_messages(occasion, occasion.rng.choice(_LONG)),
        max_tokens=room(occasion.ask, 40),
        echo=TEST_ANSWER,
    )


def _streamed(occasion: Occasion) -> ChatRequest:
    return replace(occasion.questions[0], stream=True)


def _shorter(occasion: Occasion) -> ChatRequest:
    return replace(occasion.questions[0], messages=_messages(occasion, _SHORT))


def _messages(occasion: Occasion, sentences: int) -> tuple[dict[str, str], ...]:
    text = " ".join(occasion.rng.sample(_SENTENCES, sentences))
    return ({"role": "user", "content": f"{text}\n\n{TEST_MESSAGE}"},)


PROBE = Probe(
    name="usage",
    title="Tokens are counted soundly",
    request=_request,
    checks=(*DELIVERY, counts_the_known_prompt),
    then=(
        Step(
            put=_streamed,
            checks=(*DELIVERY, counts_the_known_prompt, counts_both_forms_alike),
        ),
        Step(put=_shorter, checks=(*DELIVERY, counts_the_known_prompt, counts_follow_the_length)),
    ),
    presets=frozenset({"standard"}),
    rank=8,
)
