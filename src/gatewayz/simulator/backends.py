"""What both states of the original backend have in common: it sells what other places sell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from gatewayz.simulator.answers import Answer
from gatewayz.simulator.cards import Card, Shelf
from gatewayz.simulator.dialect import Dialect, Document
from gatewayz.simulator.turn import Problem, Trouble, Turn

# Other names that callers use for a gateway.
_ALIASES = {"hug": "huggingface", "google-vertex": "google"}


class Backend(Dialect):
    """A gateway in front of gateways: Alpaca-Network/gatewayz-backend.

    gateways      whose models it lists, in its order
    prefixed      gateways whose ids get a prefix, with the prefix
    """

    gateways: ClassVar[tuple[str, ...]] = ()
    prefixed: ClassVar[dict[str, str]] = {}
    done_after_error = True

    @property
    def own_key(self) -> str:
        """Its keys begin with `gw_`."""
        return "gw_live_sim_5d41402abc4b2a76"

    def shelf(self, count: int | None = None) -> Shelf:  # noqa: ARG002 - the others decide
        """Nothing of its own."""
        return Shelf(())

    def gateway_of(self, name: str) -> str:
        """The gateway's usual name for any of its names; "" for one it does not have."""
        name = _ALIASES.get(name, name)
        return name if name in self.gateways else ""

    def listed(self, turn: Turn, gateway: str) -> Iterator[tuple[str, Card]]:
        """The cards of one gateway, or of `all`, with the gateway's name."""
        for name in self.gateways if gateway == "all" else (gateway,):
            for card in turn.shelves.get(name, ()):
                yield name, card

    def id_of(self, gateway: str, card: Card) -> str:
        """The id as this backend lists it."""
        return self.prefixed.get(gateway, "") + card.id

    def find(self, turn: Turn) -> Card | None:
        """The card that an id means: at the named provider, else wherever it is sold."""
        provider = turn.body.get("provider")
        named = self.gateway_of(provider) if isinstance(provider, str) else ""
        for gateway in (named,) if named else self.gateways:
            shelf = turn.shelves.get(gateway, Shelf(()))
            prefix = self.prefixed.get(gateway, "")
            card = shelf.find(turn.model) or shelf.find(turn.model.removeprefix(prefix))
            if card is not None:
                return card
        return None

    def entry_of(self, gateway: str, card: Card) -> Document:
        """One model with all the fields that its list has."""
        inputs = ["text", "image"] if "vision" in card.features else ["text"]
        return {
            "id": self.id_of(gateway, card),
            "slug": card.id,
            "canonical_slug": card.id,
            "hugging_face_id": None,
            "name": card.title,
            "created": 1_780_000_000,
            "description": f"{card.title} through {gateway}",
            "context_length": card.context,
            "architecture": {
                "modality": f"{'+'.join(inputs)}->text",
                "input_modalities": inputs,
            },
            "pricing": {
                "prompt": None,
                "completion": None,
                "request": None,
                "image": None,
                "web_search": None,
                "internal_reasoning": None,
            },
            "provider_slug": card.owned_by,
            "provider_site_url": None,
            "model_logo_url": None,
            "source_gateway": gateway,
        }

    def error_event(self, turn: Turn, problem: Problem) -> Document:
        """What stands in a stream that fails."""
        raise NotImplementedError

    def shape_in_band(self, turn: Turn, problem: Problem) -> Document:
        """The same in a stream and in a 200."""
        return self.error_event(turn, problem)

    def document(self, turn: Turn, answer: Answer) -> Document:
        """Rebuilt from few fields, with what it cost beside."""
        found = super().document(turn, answer)
        for choice in found["choices"]:
            if choice["logprobs"] is None:
                del choice["logprobs"]
        charged = answer.prompt_tokens + answer.completion_tokens
        usage = {"tokens_charged": charged, "request_ms": 120, "cost_usd": 0.0}
        return found | {"gateway_usage": usage}


def no_such_gateway(turn: Turn) -> Problem:
    """The answer to a list of a gateway that it does not have."""
    name = turn.query.get("gateway", "")
    message = f"Models data unavailable for gateway '{name}'"
    return Problem(trouble=Trouble.OVERLOADED, status=503, message=message)
