"""A model of one gateway, as its catalogue lists it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Price:
    """What tokens cost, in USD per million; None is unknown, which is not zero."""

    input_usd_per_mtok: float | None = None
    output_usd_per_mtok: float | None = None

    @property
    def known(self) -> bool:
        """Whether both sides are known, so that a worst case can be worked out."""
        return self.input_usd_per_mtok is not None and self.output_usd_per_mtok is not None

    def usd(self, input_tokens: int, output_tokens: int) -> float | None:
        """USD for so many tokens; None when a side is unknown."""
        if self.input_usd_per_mtok is None or self.output_usd_per_mtok is None:
            return None
        total = input_tokens * self.input_usd_per_mtok + output_tokens * self.output_usd_per_mtok
        return total / 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model of one gateway.

    `id` is sent as it is. `name` is what people call it, the id when the catalogue has no name.
    `context_tokens` and `max_output_tokens` are None when the catalogue does not say.
    `owner` is whom the catalogue says it is of. `capabilities` holds words such as "chat", "tools", "vision", "reasoning", "json_schema";
    `lacks` those that the catalogue, by all else it lists, says the model cannot do. What is in
    neither is not known. `listed` is None where no catalogue was asked.
    """

    id: str
    name: str = ""
    context_tokens: int | None = None
    max_output_tokens: int | None = None
    price: Price = Price()
    capabilities: frozenset[str] = frozenset({"chat"})
    lacks: frozenset[str] = frozenset()
    deprecated: bool = False
    owner: str = ""
    listed: bool | None = None

    @property
    def title(self) -> str:
        """The name for people."""
        return self.name or self.id
