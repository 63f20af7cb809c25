"""One request and what is known of it, as dialects and faults see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from random import Random
from typing import TYPE_CHECKING, Any

from gatewayz.simulator.http import Request

if TYPE_CHECKING:
    from gatewayz.simulator.cards import Card, Shelf
    from gatewayz.simulator.dialect import Dialect


class Trouble(StrEnum):
    """Why a provider says no, before any dialect words it."""

    NO_KEY = "no-key"
    BAD_KEY = "bad-key"
    FORBIDDEN = "forbidden"
    GATED = "gated"
    NO_CREDIT = "no-credit"
    QUOTA = "quota"
    RATE_LIMIT = "rate-limit"
    NO_ROUTE = "no-route"
    WRONG_METHOD = "wrong-method"
    NO_MODEL = "no-model"
    NO_ENDPOINTS = "no-endpoints"
    NOT_CHAT = "not-chat"
    BAD_REQUEST = "bad-request"
    BAD_PARAMETER = "bad-parameter"
    TOO_LONG = "too-long"
    COLD = "cold"
    SERVER = "server"
    OVERLOADED = "overloaded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """An error that a dialect puts into its own shape.

    What is left empty comes from the dialect's own words for this trouble. `retry_after_s` is
    said the dialect's way: a header, or a detail.
    """

    trouble: Trouble
    status: int = 0
    message: str = ""
    type: str = ""
    code: str = ""
    param: str = ""
    retry_after_s: float | None = None

    def worded(self, **words: Any) -> Problem:
        """The same with empty fields filled from `words`."""
        gaps = {name: value for name, value in words.items() if not getattr(self, name)}
        return replace(self, **gaps)


@dataclass(frozen=True, slots=True)
class Pace:
    """How time passes in answers, in seconds.

    wait_s    before the first byte of an answer
    gap_s     between two pieces of a stream
    drip_s    between bytes that trickle, and between keep-alives that never end
    """

    wait_s: float = 0.0
    gap_s: float = 0.0
    drip_s: float = 0.1


@dataclass(slots=True, kw_only=True)
class Turn:
    """One request to one place.

    `count` is which request of this place it is, `nth` how often this was asked, from 1. `rng` is
    seeded by what is asked, so that the same question, asked for the same time, gets the same
    bytes. `key` is the credential as sent. `repeated` is how often this very body came with these
    faults, from 1, `in_flight` how many requests of this place are still being answered. `url` is
    where the whole simulator is, `shelves` holds what every place sells.
    `options` come with a fault: `stall-between-chunks;event=3`. `calls` is the how-manieth chat call
    with this key and these faults it is, from 1, whatever the model; `seed` is the simulator's, for
    what must be the same in every call. A fault that draws its surface
    leaves in `variant` which one it drew, for the answer sheet; so does an answer in `tokens` what it
    takes, in and out.
    """

    dialect: Dialect
    shelf: Shelf
    request: Request
    url: str
    shelves: Mapping[str, Shelf] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    rng: Random
    count: int = 1
    nth: int = 1
    calls: int = 1
    seed: int = 0
    variant: str = ""
    tokens: tuple[int, int] = (0, 0)
    repeated: int = 1
    in_flight: int = 0
    request_id: str = ""
    key: str = ""
    pace: Pace = Pace()
    body: Mapping[str, Any] = field(default_factory=dict)
    model: str = ""
    card: Card | None = None

    @property
    def query(self) -> dict[str, str]:
        """The fields of the query."""
        return self.request.query

    @property
    def stream(self) -> bool:
        """Whether an event stream was asked for."""
        return self.body.get("stream") is True

    @property
    def include_usage(self) -> bool:
        """Whether usage was asked for in the stream."""
        options = self.body.get("stream_options")
        return isinstance(options, Mapping) and options.get("include_usage") is True

    @property
    def max_tokens(self) -> int | None:
        """The asked token limit, under either of its names."""
        for name in ("max_completion_tokens", "max_tokens"):
            value = self.body.get(name)
            if isinstance(value, int) and not isinstance(value, bool):
                return value
        return None

    @property
    def created(self) -> int:
        """A plausible moment, the same for the same request (Unix seconds, August 2026)."""
        return 1_787_000_000 + self.nth

    def option(self, name: str, otherwise: float) -> float:
        """A number that came with a fault, or what stands for it."""
        try:
            return float(self.options.get(name, otherwise))
        except ValueError:
            return otherwise

    def token(self, size: int, alphabet: str = "0123456789abcdef") -> str:
        """A made-up identifier."""
        return "".join(self.rng.choices(alphabet, k=size))
