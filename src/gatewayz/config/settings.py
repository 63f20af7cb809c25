"""Every setting, with the names it goes by, its default and where its value came from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatewayz.config import values
from gatewayz.config.keys import Keys
from gatewayz.config.watching import WatchSettings
from gatewayz.core.case import Way
from gatewayz.core.gateway import Gateway, Limits
from gatewayz.core.model import Price
from gatewayz.core.timeouts import Timeouts
from gatewayz.core.usual_question import PROMPT_TOKENS, TEST_MESSAGE

if TYPE_CHECKING:
    from gatewayz.core.objectives import Maintenance, Sla
    from gatewayz.core.probe import Ask
    from gatewayz.core.quarantine import Quarantined

DEFAULT_API_URL = "http://localhost:8000"
DEFAULT = "default"
# Each may take as long as the one before it.
MOST_FALLBACKS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """How one setting is written in each place.

    `env` is its variable, `flag` its option (each "" when it has none). `older` are other spellings
    that gatewayz.toml and TEST_CONFIG take. `in_toml` is False for what belongs to one command.
    """

    read: values.Reader
    env: str = ""
    flag: str = ""
    older: tuple[str, ...] = ()
    in_toml: bool = True
    help: str = ""


def _setting(default: Any, read: values.Reader, help: str, **names: Any) -> Any:
    return field(default=default, metadata={"names": Names(read=read, help=help, **names)})


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayTable:
    """What `[gateways.NAME]` in gatewayz.toml changes about one gateway; None leaves it be.

    An infinite `requests_per_minute` lifts the limit that is known of the gateway. `private` says
    that its host may lead into a private network; the backend asks for it. `price` is that of each
    of its models whose price its own list does not tell; it changes no gateway, see Settings.prices.
    """

    base_url: str | None = None
    concurrency: int | None = None
    requests_per_minute: float | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    key_file: str | None = None
    key_env: str | None = None
    private: bool = False
    price: Price | None = None

    def applied_to(self, gateway: Gateway) -> Gateway:
        """The gateway with these changes.

        The address is left out: it counts as the gateway's variable (see Settings.environ), which
        the real environment wins over.
        """
        per_minute = self.requests_per_minute or gateway.limits.requests_per_minute
        limits = Limits(
            self.concurrency or gateway.limits.concurrency,
            None if per_minute == math.inf else per_minute,
        )
        older = () if self.key_env else gateway.older_key_envs
        return replace(
            gateway,
            key_env=self.key_env or gateway.key_env,
            older_key_envs=(*older, *((key_file_name(gateway.name),) if self.key_file else ())),
            limits=limits,
            headers={**gateway.headers, **self.headers},
        )


def key_file_name(gateway: str) -> str:
    """What stands among a gateway's key variables for the key file in its table.

    It goes with the gateway's own variables, so that a gateway reached through somebody else's
    address takes somebody else's key.
    """
    return f"gatewayz.toml [gateways.{gateway}] key_file"


GATEWAY_TABLE_READERS: Mapping[str, values.Reader] = {
    "base_url": values.url,
    "concurrency": values.whole(1, 1000),
    "requests_per_minute": values.limit(values.number(0.01, 1e6)),
    "headers": values.header_fields,
    "key_file": values.text,
    "key_env": values.text,
    "private": values.flag,
    "price": values.price,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One execution's settings, built once at a front door and passed down.

    `origins` maps each setting to where its value came from. `tables` are the per-gateway changes, `fallbacks` the models that
    the backend goes on to by the model that was asked for, `slas` and `maintenance` what was promised and announced,
    `quarantine` what changes no exit code, `watch` the table `[watch]`,
    `environ` the environment with `.env` and gatewayz.toml's addresses beneath it, `keys` the
    finder of keys, `toml_name` what the file of settings is called. `warnings` are lines worth showing once, such as a .env that others may read.
    """

    gateways: tuple[str, ...] = _setting(
        (),
        values.names,
        "gateways to test; none named: all that have a key",
        env="GATEWAYZ_GATEWAYS",
        flag="GATEWAY",
        in_toml=False,
    )
    mode: str = _setting(
        "",
        values.one_of("direct", "api", "both"),
        "direct, api or both; empty: api when an API URL is set, else direct",
        env="GATEWAYZ_MODE",
        flag="--direct, --api, --both",
    )
    api_url: str = _setting(
        "",
        values.url,
        f"the backend to test through; when none is set: {DEFAULT_API_URL}",
        env="GATEWAYZ_API_URL",
        flag="--api-url",
    )
    models: str = _setting(
        "3",
        values.models,
        "models per gateway: a count, 'all', or a pattern over ids",
        env="GATEWAYZ_MODELS",
        flag="--models",
        older=("max_models_per_gateway",),
    )
    exclude: tuple[str, ...] = _setting(
        (),
        values.names,
        "patterns of model ids to leave out",
        env="GATEWAYZ_EXCLUDE",
        flag="--exclude",
    )
    probes: tuple[str, ...] = _setting(
        ("chat",),
        values.names,
        "questions to put to each model",
        env="GATEWAYZ_PROBES",
        flag="--probe",
        older=("probe",),
    )
    message: str = _setting(
        TEST_MESSAGE,
        values.question,
        "what is asked",
        env="GATEWAYZ_MESSAGE",
        flag="--message",
        older=("test_message",),
    )
    max_tokens: int | None = _setting(
        50,
        values.optional(values.whole(1, 10_000_000)),
        "longest answer, in tokens",
        env="GATEWAYZ_MAX_TOKENS",
        flag="--max-tokens",
    )
    max_prompt_tokens: int | None = _setting(
        PROMPT_TOKENS,
        values.optional(values.whole(1, 10_000_000)),
        "longest prompt of `long_context`, in tokens; 'none': the model's advertised window",
        env="GATEWAYZ_MAX_PROMPT_TOKENS",
        flag="--max-prompt-tokens",
    )
    temperature: float | None = _setting(
        0.7,
        values.optional(values.number(0, 10)),
        "sampling temperature",
        env="GATEWAYZ_TEMPERATURE",
        flag="--temperature",
    )
    timeout_s: float = _setting(
        30.0,
        values.seconds,
        "whole answer within this time, in seconds",
        env="GATEWAYZ_TIMEOUT",
        flag="--timeout",
        older=("timeout_seconds", "timeout"),
    )
    connect_timeout_s: float = _setting(
        10.0,
        values.seconds,
        "name lookup, connect and TLS within this time, in seconds",
        env="GATEWAYZ_CONNECT_TIMEOUT",
    )
    deadline_s: float | None = _setting(
        None,
        values.optional(values.seconds),
        "the whole run within this time, in seconds",
        env="GATEWAYZ_DEADLINE",
        flag="--deadline",
    )
    retries: int = _setting(
        2,
        values.whole(0, 10),
        "more tries after a fault that may pass",
        env="GATEWAYZ_RETRIES",
        flag="--retries",
    )
    retry_budget_s: float = _setting(
        30.0,
        values.seconds,
        "longest wait for a gateway that asks for one, in seconds",
        env="GATEWAYZ_RETRY_BUDGET",
    )
    repeat: int = _setting(
        1,
        values.whole(1, 1000),
        "times each question is put",
        env="GATEWAYZ_REPEAT",
        flag="--repeat",
    )
    max_age_s: float | None = _setting(
        None,
        values.optional(values.span),
        "what passed within this time is not asked again, its verdict stands; such as 6h",
        env="GATEWAYZ_MAX_AGE",
        flag="--max-age",
        older=("max_age",),
    )
    fail_fast: bool = _setting(
        False,
        values.flag,
        "stop at the first failure",
        env="GATEWAYZ_FAIL_FAST",
        flag="--fail-fast",
    )
    max_cost_usd: float | None = _setting(
        None,
        values.optional(values.number(0, 1e6)),
        "all questions together cost no more than this, in USD",
        env="GATEWAYZ_MAX_COST",
        flag="--max-cost",
        older=("max_cost",),
    )
    max_tokens_total: int | None = _setting(
        None,
        values.optional(values.whole(0, 10**15)),
        "all questions together take no more tokens than this, in and out",
        env="GATEWAYZ_MAX_TOKENS_TOTAL",
        flag="--max-tokens-total",
    )
    max_calls: int | None = _setting(
        None,
        values.optional(values.whole(0, 10**9)),
        "no more questions than this are sent, tries included; model lists are none",
        env="GATEWAYZ_MAX_CALLS",
        flag="--max-calls",
    )
    strict: bool = _setting(
        False,
        values.flag,
        "what a cap leaves out counts as not judged: exit code 3",
        env="GATEWAYZ_STRICT",
        flag="--strict",
    )
    seed: int = _setting(
        0,
        values.whole(0, 2**63 - 1),
        "seed of random orders",
        env="GATEWAYZ_SEED",
        flag="--seed",
    )
    via: str = _setting(
        "",
        values.one_of("native", "portkey"),
        "native or portkey; empty: native where its key exists",
        env="GATEWAYZ_VIA",
        flag="--via",
    )
    reports: tuple[str, ...] = _setting(
        (),
        values.texts,
        "reports to write, as FORMAT=PATH",
        env="GATEWAYZ_REPORT",
        flag="--report",
        older=("report",),
    )
    store: str = _setting(
        "",
        values.text,
        "where runs are kept: a file, or postgresql://...",
        env="GATEWAYZ_STORE",
        flag="--store",
    )
    keep_s: float | None = _setting(
        90 * 86400.0,
        values.optional(values.span),
        "results are kept so long, then their sums by the hour and the day; 'none': for ever",
        env="GATEWAYZ_KEEP",
        older=("keep",),
    )
    keep_hours_s: float | None = _setting(
        366 * 86400.0,
        values.optional(values.span),
        "sums by the hour are kept so long, then those by the day alone; 'none': for ever",
        env="GATEWAYZ_KEEP_HOURS",
        older=("keep_hours",),
    )
    proxy: str = _setting(
        "",
        values.proxy,
        "HTTP proxy for calls to gateways; HTTPS_PROXY is not read",
        env="GATEWAYZ_PROXY",
        flag="--proxy",
    )
    ca_file: str = _setting(
        "",
        values.text,
        "certificates to trust, a PEM file",
        env="GATEWAYZ_CA_FILE",
        flag="--ca-file",
    )
    status_page: str = _setting(
        "key",
        values.one_of("key", "public"),
        "who may look at the backend's status pages: who has a key, or everybody",
        env="GATEWAYZ_STATUS_PAGE",
    )
    hosts: tuple[str, ...] = _setting(
        (),
        values.names,
        "names beside localhost under which a backend without a key answers its own machine",
        env="GATEWAYZ_HOSTS",
    )

    origins: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, GatewayTable] = field(default_factory=dict)
    fallbacks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    watch: WatchSettings = WatchSettings()
    slas: tuple[Sla, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()
    quarantine: tuple[Quarantined, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    keys: Keys = field(default_factory=Keys, repr=False)
    warnings: tuple[str, ...] = ()
    toml_name: str = "gatewayz.toml"

    @property
    def ways(self) -> tuple[Way, ...]:
        """The ways to test: what was asked for, else the API when its URL is set."""
        if self.mode == "both":
            return ("direct", "api")
        if self.mode == "direct":
            return ("direct",)
        return ("api",) if self.mode == "api" or self.api_url else ("direct",)

    @property
    def ask(self) -> Ask:
        """What is put to each model."""
        # Here, for the backend asks nothing of itself.
        from gatewayz.core.probe import Ask

        return Ask(
            message=self.message,
            max_tokens=self.max_tokens,
            max_prompt_tokens=self.max_prompt_tokens,
            temperature=self.temperature,
        )

    @property
    def timeouts(self) -> Timeouts:
        """The client's limits: each phase may take the whole time, all together no more than it."""
        total_s = self.timeout_s
        return Timeouts(
            connect_s=min(self.connect_timeout_s, total_s),
            first_byte_s=total_s,
            first_event_s=total_s,
            idle_s=total_s,
            error_body_s=min(5.0, total_s),
            total_s=total_s,
        )

    @property
    def ca_path(self) -> str:
        """The file of certificates to trust, "" for none."""
        return str(Path(self.ca_file).expanduser()) if self.ca_file else ""

    @property
    def prices(self) -> dict[str, Price]:
        """The prices that gatewayz.toml gives, by gateway."""
        tables = self.tables.items()
        return {name: table.price for name, table in tables if table.price is not None}

    def origin(self, name: str) -> str:
        """Where a setting's value came from."""
        return self.origins.get(name, DEFAULT)

    def configured(self, gateway: Gateway) -> Gateway:
        """A gateway, on its own way, with what gatewayz.toml says about its key and limits."""
        table = self.tables.get(gateway.name)
        return table.applied_to(gateway) if table else gateway

    def shown(self) -> dict[str, Any]:
        """Every setting as a JSON value, secrets taken out: for `gatewayz config` and the store."""
        found: dict[str, Any] = {}
        for name in SETTINGS:
            value = getattr(self, name)
            found[name] = list(value) if isinstance(value, tuple) else value
        found["proxy"] = values.without_login(self.proxy)
        found["store"] = values.without_login(self.store)
        return found


def _names_of(one: Field[Any]) -> Names:
    names: Names = one.metadata["names"]
    return names


# Every setting in the order of the docs, by its name in Settings and in gatewayz.toml.
SETTINGS: Mapping[str, Names] = {
    one.name: _names_of(one) for one in fields(Settings) if "names" in one.metadata
}
