"""A text of known length, asked plainly and streamed.

A pass says that both answers report their tokens, that the sums are right, that the prompt's count
fits the text, and that it is the same in both forms. No count at all is told as missing, not as
zero. It does not say that bills are right to the token: tokenizers differ.
"""

from functools import partial

from gatewayz.checks.counts_both_forms_alike import counts_both_forms_alike
from gatewayz.checks.counts_the_known_prompt import counts_the_known_prompt
from gatewayz.core import ChatRequest, Occasion, Probe, Step
from gatewayz.core.probe import TEST_ANSWER, TEST_MESSAGE
from gatewayz.probes._delivery import DELIVERY
from gatewayz.probes._room import room

# Long enough that a chat template does not hide a wrong count.
_KNOWN = (
    "In the morning the old ferry leaves the harbour and carries bread, letters and a few tired"
    " travellers over to the island. The captain knows every rock on the way, and when the fog comes"
    " down he counts the bells of the church behind him until he hears those of the other shore."
    " Nobody knows how he tells them apart. At noon he eats a red apple, reads"
    " yesterday's paper twice, and waits for the wind to turn before he goes home again."
)


def _request(occasion: Occasion, *, stream: bool) -> ChatRequest:
    return ChatRequest(
        messages=({"role": "user", "content": f"{_KNOWN}\n\n{TEST_MESSAGE}"},),
        max_tokens=room(occasion.ask, 40),
        stream=stream,
        echo=TEST_ANSWER,
    )


PROBE = Probe(
    name="usage",
    title="Tokens are counted soundly",
    request=partial(_request, stream=False),
    checks=(*DELIVERY, counts_the_known_prompt),
    then=(
        Step(
            put=partial(_request, stream=True),
            checks=(*DELIVERY, counts_the_known_prompt, counts_both_forms_alike),
        ),
    ),
    presets=frozenset({"standard"}),
    rank=8,
)
