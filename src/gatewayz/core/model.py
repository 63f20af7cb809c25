"""A model of one gateway, as its catalogue lists it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Price:
    """What a question costs. Tokens in USD per million; None is unknown, which is not zero.

    request_usd            a fee for each answered request
    picture_usd            a fee for each picture in it, beside its tokens
    thinking_usd_per_mtok  of those output tokens that are reasoning; None: as other output
    media_usd_per_mtok     of input with anything but text in it; None: as other input
    cached_usd_per_mtok    of those input tokens that a cache has; None is unknown: at most as other input
    is_most                whether these numbers are the dearest of several, and some answers cost less
    unreckoned             why these numbers are not all of it, in words, so that it is unknown
    """

    input_usd_per_mtok: float | None = None
    output_usd_per_mtok: float | None = None
    request_usd: float = 0.0
    picture_usd: float = 0.0
    thinking_usd_per_mtok: float | None = None
    media_usd_per_mtok: float | None = None
    cached_usd_per_mtok: float | None = None
    is_most: bool = False
    unreckoned: str = ""

    @property
    def known(self) -> bool:
        """Whether all of it is known, so that a worst case can be worked out."""
        sides = (self.input_usd_per_mtok, self.output_usd_per_mtok)
        return None not in sides and not self.unreckoned

    @property
    def tokens_only(self) -> Price:
        """The two sides alone, to set prices of tokens beside each other."""
        return Price(self.input_usd_per_mtok, self.output_usd_per_mtok)

    def usd(
        self, input_tokens: int, output_tokens: int, *, thought: int | None = None, cached: int = 0
    ) -> float | None:
        """USD for one answered request of so many tokens, text alone; None where it is unknown.

        `thought` is how many of the output tokens are reasoning; None: each may be. `cached` is how many
        of the input tokens a cache had.
        """
        into, out = self.input_usd_per_mtok, self.output_usd_per_mtok
        if into is None or out is None or self.unreckoned:
            return None
        thinking = max(out, self.thinking_usd_per_mtok or 0.0)
        dear = output_tokens if thought is None else min(thought, output_tokens)
        cheap = into if self.cached_usd_per_mtok is None else self.cached_usd_per_mtok
        input_usd = (input_tokens - cached) * into + cached * cheap
        tokens_usd = input_usd + (output_tokens - dear) * out + dear * thinking
        return tokens_usd / 1e6 + self.request_usd


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
