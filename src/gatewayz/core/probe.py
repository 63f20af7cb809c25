"""A probe is one question, or a few in a row; a chat request is how one of them is put."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any, Literal

from gatewayz.core.attempt import Reply
from gatewayz.core.marks import marked
from gatewayz.core.model import Model
from gatewayz.core.usual_question import PROMPT_TOKENS, TEST_MESSAGE

if TYPE_CHECKING:
    from gatewayz.core.gateway import Quirks
    from gatewayz.core.verdict import Check


@dataclass(frozen=True, slots=True, kw_only=True)
class MustRefuse:
    """What a request that is wrong on purpose must meet with.

    `classes` are the classes of failure that count as the right refusal; `accepted` is the kind of
    failure when an answer comes instead. `about` is what is wrong: then a refusal has to be about
    just that, see `wrong_requests.py`; "" and the class decides.
    """

    classes: tuple[str, ...]
    accepted: str
    about: Literal["", "model", "key", "body"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """What is asked of a model, before a gateway's dialect is applied.

    messages    OpenAI-shaped mappings
    expect      a regular expression that the text must match (None: not asked)
    echo        the text the answer should repeat, case and punctuation aside
    oracle      what only the asker knows, for the checks: JSON values by name; never sent
    extra       further request fields
    feature     the word for what is tested beyond an answer ("tools"); "" for plain delivery. A
                failure then points at the feature, and the model is not down for it
    must_refuse set when the request is wrong on purpose
    control     set when it is the sound one beside a request that was wrong on purpose: whatever it
                meets with is well, but not the same refusal
    credential  "made-up" signs with a key that nobody gave
    model_id    asked in place of the model's own id; "" for that
    raw         sent in place of the JSON body; "" for that
    mark        goes out before the first text, so that no other case asks the same; "" for none.
                The checks look at the messages, which are without it
    """

    messages: tuple[Mapping[str, Any], ...]
    max_tokens: int | None = None
    temperature: float | None = None
    stream: bool = False
    stop: tuple[str, ...] = ()
    expect: str | None = None
    echo: str | None = None
    oracle: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    feature: str = ""
    must_refuse: MustRefuse | None = None
    control: bool = False
    credential: Literal["own", "made-up"] = "own"
    model_id: str = ""
    raw: str = ""
    mark: str = ""

    def fields_beyond(self) -> frozenset[str]:
        """The request fields that this question is about, beyond those of any chat."""
        return frozenset({*self.extra, *(("stop",) if self.stop else ())})

    def body(self, model_id: str, quirks: Quirks) -> dict[str, Any]:
        """The JSON body for one model in one dialect; absent settings are not sent.

        Only `model`, `messages`, the token limit, `stream` and `temperature` are safe
        everywhere, so nothing else goes out unasked.
        """
        body: dict[str, Any] = {
            "model": self.model_id or model_id,
            "messages": [dict(m) for m in marked(self.messages, self.mark)],
        }
        if self.max_tokens is not None:
            body[quirks.max_tokens_field] = max(self.max_tokens, quirks.min_max_tokens)
        if self.temperature is not None:
            body["temperature"] = self.temperature
        if self.stop:
            body["stop"] = list(self.stop)
        body["stream"] = self.stream
        if self.stream and quirks.stream_usage:
            body["stream_options"] = {"include_usage": True}
        body.update(self.extra)
        return {k: v for k, v in body.items() if k not in quirks.never_send}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What the user set for every probe.

    `message` is the user turn, `max_tokens` a count, `expect` a regular expression or None.
    `max_prompt_tokens` bounds a prompt that is long on purpose; None: only the model's window does.
    """

    message: str = TEST_MESSAGE
    max_tokens: int | None = 50
    temperature: float | None = 0.7
    expect: str | None = None
    max_prompt_tokens: int | None = PROMPT_TOKENS


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What a probe may build a question from.

    `ask` is what the user set, `model` whom it goes to. `rng` is fresh for each case, so that no
    cache and no canned answer knows what will be asked. `questions` and `replies` are those of the
    steps before. `answered` says that the gateway has answered a sound question in this run, and that
    another would show nothing new.
    """

    ask: Ask = Ask()
    model: Model = Model(id="")
    rng: Random = field(default_factory=Random)
    questions: tuple[ChatRequest, ...] = ()
    replies: tuple[Reply, ...] = ()
    answered: bool = False


# Builds a question; None when, after the replies so far, this step has nothing to ask.
Put = Callable[[Occasion], ChatRequest | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A further question of a probe, put once the steps before it have passed.

    Its checks see the whole observation; `seen.asked` and `seen.reply` are this step's.
    """

    put: Put
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One question: a name, what it needs of a model, how it is put, what its answer must meet.

    name, title   the word on the command line, and a few words for people
    request       builds the first question
    checks        asked in order of the first question's answer
    then          further questions, each with checks of its own
    needs         capability words (see Model.capabilities). "chat" must be there; of the others
                  a model is skipped for which its catalogue says that it lacks them. "key": the
                  gateway must ask for a key
    presets       the named sets it belongs to, beside "full", which holds every probe
    rank          its place in a run, lower first; equal ones go by name
    marked        it draws nothing, or next to nothing, and means the same with a mark before it: put
                  again and again (`--repeat`), each time bears another. One that draws what it asks
                  is never the same; one that has to be the same is left so
    """

    name: str
    title: str
    request: Callable[[Occasion], ChatRequest]
    checks: tuple[Check, ...]
    then: tuple[Step, ...] = ()
    needs: frozenset[str] = frozenset({"chat"})
    presets: frozenset[str] = frozenset()
    rank: int = 50
    marked: bool = False

    @property
    def checks_by_step(self) -> tuple[tuple[Check, ...], ...]:
        """The checks of each question, the first one's first."""
        return (self.checks, *(step.checks for step in self.then))

    def question(self, step: int, occasion: Occasion) -> ChatRequest | None:
        """The question of a step, counted from 0; None when it asks nothing or there is none."""
        if step == 0:
            return self.request(occasion)
        return self.then[step - 1].put(occasion) if step <= len(self.then) else None
