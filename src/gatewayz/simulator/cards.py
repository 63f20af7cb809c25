"""What stands on a place's shelf: its models, the odd ones among them, and how many."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from gatewayz.simulator.features import COMMON

# Ids that try to break whoever prints, stores or sends them. They are real, working models.
HOSTILE = (
    "sim/<script>alert('id')</script>",
    "sim/\x1b[31mred\x1b[0m-\x1b]0;title\x07",
    "sim/a/b/../../c//d",
    "sim/\u202egnp.exe\u202c-\u200bzero-width",
    "sim/" + "very-long-" * 40 + "id",
    "sim/🦙👩‍🚀-模型-é",
    "sim/'; DROP TABLE verdicts;--",
    "sim/=cmd|' /C calc'!A0",
    "sim/pipe|`tick`|[link](javascript:alert(1))",
)

_FAULTY = re.compile(r"(?:^|[/:@])fault/(.+)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Card:
    """One entry of a catalogue, before its dialect dresses it.

    Prices are in USD per million tokens, context and output in tokens. `kind` is "chat",
    "embedding", "image", "audio", "rerank", "moderation" or "video"; only chat models chat.
    `features` holds "tools", "json", "logprobs", "choices" (n > 1), "vision", "reasoning"; what a
    model lacks it refuses. `live` False is listed but not served.
    """

    id: str
    name: str = ""
    context: int = 131_072
    max_output: int = 16_384
    input_usd: float = 0.15
    output_usd: float = 0.6
    kind: str = "chat"
    features: tuple[str, ...] = COMMON
    owner: str = ""
    deprecated: bool = False
    live: bool = True
    aliases: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The name for people."""
        return self.name or self.id.rsplit("/", 1)[-1]

    @property
    def owned_by(self) -> str:
        """Who made it."""
        return self.owner or (self.id.split("/", 1)[0] if "/" in self.id else "system")


@dataclass
class Shelf:
    """The models of one place, in catalogue order, found by id.

    Aliases are found too. An id such as `fault/rate-limit` stands on every shelf unlisted.
    """

    cards: tuple[Card, ...]
    _by_id: dict[str, Card] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._by_id = {alias: card for card in self.cards for alias in card.aliases}
        self._by_id |= {card.id: card for card in self.cards}

    def __iter__(self) -> Iterator[Card]:
        return iter(self.cards)

    def __len__(self) -> int:
        return len(self.cards)

    def find(self, model_id: str) -> Card | None:
        """The card of an id; None when nothing of that name is served."""
        card = self._by_id.get(model_id)
        if card is None and faults_in(model_id):
            able = (*COMMON, "vision")
            return Card(model_id, name="a model with a planted fault", features=able)
        return card


def faults_in(model_id: str) -> str:
    """The faults that a model id asks for, as in `fault/rate-limit`; "" for other ids."""
    found = _FAULTY.search(model_id)
    return found.group(1) if found else ""


def stock(
    chat: Iterable[Card], others: Iterable[Card], *, prefix: str = "", count: int | None = None
) -> Shelf:
    """A shelf with chat models first, other kinds among the rest, hostile ids late.

    With `count` it holds exactly so many, all plain chat models: the named ones, then made-up
    ones. `prefix` goes before made-up and hostile ids.
    """
    chat = tuple(chat)
    if count is not None:
        made_up = (
            Card(f"{prefix}sim/model-{n:05d}", name=f"Model {n:05d}")
            for n in range(len(chat) + 1, count + 1)
        )
        return Shelf((*chat, *made_up)[:count])
    hostile = (Card(prefix + id_, name=id_) for id_ in HOSTILE)
    return Shelf((*chat[:3], *others, *chat[3:], *hostile))
