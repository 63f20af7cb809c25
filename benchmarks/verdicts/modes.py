"""How each mode is brought about: by which probe it shows, where it is planted, what it comes to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from gatewayz.core import KINDS, Way

# Names of our own beside the table of failures: how a wrong request was taken, what was not done.
OUR_OWN = frozenset(
    {
        "answer-differs",
        "not-as-asked",
        "wrong-key-accepted",
        "malformed-body-accepted",
        "refused-as-something-else",
    }
)

Where = Literal["model", "place", "list", "repeats", "address", "here"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """How one mode is shown.

    where      "model": by the model's id, among healthy traffic. "place": a schedule over a whole
               place. "list": on its model list. "repeats": over many equal calls. "address": at an
               address of its own, below HTTP. "here": before anything is sent
    probes     any of them shows it
    options    what is planted with the name, such as ";after=2"
    drawn      between which bounds the number in the options is drawn for each: many that come all
               at once at one moment would hold each other up, which is no trait of the fault
    retries    further tries that the case is given
    short      whether limits have to strike
    whole      whether answers are sent in whole packets: cut into bytes, their pace is another one
    path       the routes of a place on which it is planted: "chat", "models" or "*"
    models     how many models of a place are asked, or "shelf": all that it serves, listed or not
    repeat     how often each is asked
    at_once    calls under way at once, one run after the other
    """

    where: Where = "model"
    probes: tuple[str, ...] = ("chat", "streaming")
    options: str = ""
    drawn: tuple[float, float] | None = None
    retries: int = 0
    short: bool = False
    whole: bool = False
    path: str = "chat"
    models: str = "2"
    repeat: int = 1
    at_once: tuple[int, ...] = (1,)


_TOOLS = ("tool_call", "tool_call_streaming")
_STREAMED = ("streaming",)
_LONG = ("stop_sequences",)

# Patterns of names, the first that matches counts; what none matches is shown by plain delivery.
_TABLE: tuple[tuple[str, Showing], ...] = (
    ("pause-inside-tool-call", Showing(probes=("tool_call_streaming",), short=True)),
    ("tool-choice-violated", Showing(probes=("tool_choice",))),
    ("tool-id-duplicate|tool-index-all-zero", Showing(probes=("parallel_tools",))),
    ("tool-index-.*|tool-name-split", Showing(probes=("tool_call_streaming",))),
    ("tool-.*|finish-stop-with-tool-calls", Showing(probes=_TOOLS)),
    ("n-ignored", Showing(probes=("n_choices",))),
    ("stop-ignored", Showing(probes=("stop_sequences",))),
    ("seed-ignored", Showing(probes=("determinism",))),
    ("logprobs-ignored", Showing(probes=("logprobs",))),
    ("system-prompt-ignored", Showing(probes=("system_prompt",))),
    ("history-ignored", Showing(probes=("multi_turn",))),
    ("json-mode-.*", Showing(probes=("json_object",))),
    ("schema-.*", Showing(probes=("json_schema",))),
    ("max-tokens-ignored", Showing(probes=("max_tokens",))),
    ("stale-cached-answer", Showing(probes=("fresh_answer",))),
    ("mojibake|replacement-chars", Showing(probes=("unicode",))),
    ("gibberish|wrong-language", Showing(probes=("chat", "fresh_answer"))),
    (
        "fake-streaming",
        Showing(probes=_LONG, options=";seconds={:.2f}", drawn=(3.2, 4.4), whole=True),
    ),
    ("bursty-stream", Showing(probes=_LONG, whole=True)),
    ("slow-stream", Showing(probes=_LONG, options=";gap=0.4", whole=True)),
    # Where a price is listed and a cost reported: two places do both.
    ("cost-differs", Showing(where="place", probes=("chat",), models="6")),
    ("unknown-model-accepted", Showing(where="place", probes=("made_up_model",))),
    ("auth-bad-key.*|auth-no-key|auth-wrong-header-scheme", Showing(where="place")),
    # At one address all of a place's models are asked: a wrong one is wrong for them all.
    ("endpoint-not-found", Showing(where="place")),
    ("auth-key-expired-mid-run", Showing(where="place", options=";after=1")),
    ("auth-listing-is-public", Showing(where="place", path="*")),
    ("id-repeated-across-requests", Showing(where="place", repeat=2)),
    ("listed-.*|id-case-mismatch", Showing(where="place", path="*")),
    ("servable-not-listed", Showing(where="place", path="*", models="shelf")),
    ("retry-masked-latency", Showing(retries=1)),
    ("cold-start-never-ends", Showing(retries=2, options=";seconds=0.01")),
    ("cold-start-503|rate-limit", Showing(options=";seconds=30")),
    ("models-.*|duplicate-ids", Showing(where="list", path="models")),
    ("ttft-spike", Showing(where="repeats", probes=_STREAMED, options=";seconds=0.9")),
    ("cold-first-call", Showing(where="repeats", probes=_STREAMED, options=";seconds=1.5")),
    ("queueing-under-load", Showing(where="repeats", probes=_STREAMED, at_once=(1, 3, 8))),
    ("auth-key-with-newline", Showing(where="here")),
    (
        "connect-timeout|tls-.*|dns-failure|connection-refused|http2-goaway|proxy-failure",
        Showing(where="address", short=True),
    ),
    (
        "first-byte-timeout|headers-then-silence|stall-.*|trickle|keepalive-forever|error-body-stall",
        Showing(short=True),
    ),
)

# What cannot happen on a way, and why.
_OWN_LIST = "the backend serves a list of its own, made of the provider's and kept in good order"
NOT_APPLICABLE: dict[tuple[str, Way], str] = {
    ("models-odd-shape", "api"): _OWN_LIST,
    ("models-truncated", "api"): _OWN_LIST,
    ("models-flapping", "api"): _OWN_LIST,
    ("duplicate-ids", "api"): _OWN_LIST,
}


def modes() -> tuple[str, ...]:
    """The failure modes of the table, in its order."""
    return tuple(name for name in KINDS if name not in OUR_OWN)


def showing(mode: str) -> Showing:
    """How a mode is shown."""
    return next((s for pattern, s in _TABLE if re.fullmatch(pattern, mode)), Showing())
