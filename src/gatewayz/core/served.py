"""One request that the backend served, as it is remembered. What was said is not kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """Who asked for what, who answered, how it ended, what it cost and how long it took.

    `client` is a key's name, "" for a server without keys. `endpoint` is the route's path. `status`
    is what the client got, 499 when it left first. `kind` and `failure_class` name what went wrong,
    "" when nothing did. Tokens and cost are the provider's last word, None where it gave none.
    Seconds count from the request's arrival: `upstream_s` is spent on the provider until the answer
    began, `first_byte_s` until the answer's first byte went out, `total_s` until the end.
    """

    id: str
    started_at: datetime
    client: str = ""
    endpoint: str
    gateway: str = ""
    model: str = ""
    streamed: bool = False
    status: int
    kind: str = ""
    failure_class: str = ""
    attempts: int = 1
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None
    upstream_s: float | None = None
    first_byte_s: float | None = None
    total_s: float


class ServedRequest(Protocol):
    """Whatever tells all that `Served` does, to be read only."""

    @property
    def id(self) -> str: ...

    @property
    def started_at(self) -> datetime: ...

    @property
    def client(self) -> str: ...

    @property
    def endpoint(self) -> str: ...

    @property
    def gateway(self) -> str: ...

    @property
    def model(self) -> str: ...

    @property
    def streamed(self) -> bool: ...

    @property
    def status(self) -> int: ...

    @property
    def kind(self) -> str: ...

    @property
    def failure_class(self) -> str: ...

    @property
    def attempts(self) -> int: ...

    @property
    def input_tokens(self) -> int | None: ...

    @property
    def output_tokens(self) -> int | None: ...

    @property
    def cost_usd(self) -> float | None: ...

    @property
    def upstream_s(self) -> float | None: ...

    @property
    def first_byte_s(self) -> float | None: ...

    @property
    def total_s(self) -> float: ...
