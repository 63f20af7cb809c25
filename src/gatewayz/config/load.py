"""Settings out of their layers: defaults, gatewayz.toml, environment, TEST_CONFIG, flags."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from gatewayz.config import files, values
from gatewayz.config.keys import Keys, password_in, secrets_in_headers
from gatewayz.config.settings import (
    GATEWAY_TABLE_READERS,
    MOST_FALLBACKS,
    SETTINGS,
    GatewayTable,
    Settings,
    key_file_name,
)
from gatewayz.config.watching import read_watch, secrets_in
from gatewayz.core.errors import ConfigError, UnknownName
from gatewayz.core.text import visible

TEST_CONFIG = "TEST_CONFIG"


def load_settings(
    *,
    flags: Mapping[str, Any] | None = None,
    test_config: Mapping[str, Any] | None = None,
    test_config_name: str = TEST_CONFIG,
    environ: Mapping[str, str] | None = None,
    folder: Path | str | None = None,
    config_file: Path | str | None = None,
) -> Settings:
    """The settings for one execution; later layers win.

    `flags` are by setting name, None for those not given; `test_config` is a script's, or what a
    program passed, and `test_config_name` what messages call it. `folder` is where gatewayz.toml and .env
    are looked for (the working folder), `environ` the environment (os.environ). `config_file`, or
    GATEWAYZ_CONFIG, names a TOML file elsewhere, which must then exist.
    Raises: ConfigError in one line: what was wrong, where it stood, the nearest known name.
    """
    here = Path(folder) if folder is not None else Path.cwd()
    environ = dict(os.environ if environ is None else environ)
    dotenv_path = here / files.DOTENV_NAME
    dotenv = files.read_dotenv(dotenv_path) if dotenv_path.exists() else {}
    # A variable that is set, even to nothing, hides its line in .env.
    dotenv = {name: value for name, value in dotenv.items() if name not in environ}

    chosen: dict[str, Any] = {}
    origins: dict[str, str] = {}
    tables: dict[str, GatewayTable] = {}
    fallbacks: dict[str, tuple[str, ...]] = {}
    watching: Any = {}
    lists: dict[str, Any] = {}

    def take(name: str, raw: Any, origin: str, spelling: str = "") -> None:
        chosen[name] = SETTINGS[name].read(raw, f"{origin} {spelling}".rstrip())
        origins[name] = origin

    toml_path = _toml_path(here, config_file or environ.get("GATEWAYZ_CONFIG"))
    if toml_path is not None:
        document = files.read_toml(toml_path)
        tables = _read_tables(document.pop("gateways", {}), str(toml_path.name))
        fallbacks = _read_fallbacks(document.pop("fallbacks", {}), str(toml_path.name))
        watching = document.pop("watch", {})
        lists = _read_lists(document, toml_path.name)
        for name, spelling, raw in _by_name(document, toml_path.name, in_toml=True):
            take(name, raw, toml_path.name, spelling)
    for source, title in ((dotenv, ".env"), (environ, "environment")):
        for name, names in SETTINGS.items():
            if names.env and source.get(names.env):
                take(name, source[names.env], f"{title} {names.env}")
    for name, spelling, raw in _by_name(test_config or {}, test_config_name):
        take(name, raw, test_config_name, spelling)
    for name, raw in (flags or {}).items():
        if raw is not None:
            take(name, raw, SETTINGS[name].flag or name)

    if not chosen.get("store"):
        chosen["store"] = str(files.data_folder(environ) / "gatewayz.db")
        origins.pop("store", None)
    toml_name = toml_path.name if toml_path is not None else files.TOML_NAME
    watch = read_watch(watching, toml_name, {**dotenv, **environ})
    keys = Keys(
        environ=environ,
        dotenv=dotenv,
        named_files={
            key_file_name(name): table.key_file for name, table in tables.items() if table.key_file
        },
        folder=here,
        more=(*_other_secrets(chosen, tables), *secrets_in(watch)),
    )
    return Settings(
        **chosen,
        origins=origins,
        tables=tables,
        fallbacks=fallbacks,
        watch=watch,
        **lists,
        environ={**_base_urls(tables), **dotenv, **environ},
        keys=keys,
        warnings=_warnings(dotenv_path, toml_path, tables, environ, watching),
        toml_name=toml_name,
    )


def _toml_path(here: Path, named: Path | str | None) -> Path | None:
    if named:
        path = here / Path(named).expanduser()
        if not path.is_file():
            raise ConfigError(
                f"no settings file at {visible(str(path))}; `gatewayz config init` writes one"
            )
        return path
    path = here / files.TOML_NAME
    return path if path.is_file() else None


def _by_name(
    given: Mapping[str, Any], where: str, *, in_toml: bool = False
) -> Iterable[tuple[str, str, Any]]:
    """Each given value under its setting's own name, with the name it had there.

    Raises: ConfigError for an unknown one, with the nearest.
    """
    spellings = {
        spelling: name
        for name, names in SETTINGS.items()
        if names.in_toml or not in_toml
        for spelling in (name, *names.older)
    }
    for spelling, raw in given.items():
        if spelling not in spellings:
            known = (
                [*spellings, "gateways", "fallbacks", "sla", "maintenance", "quarantine", "watch"]
                if in_toml
                else list(spellings)
            )
            raise ConfigError(f"{where}: {UnknownName('setting', visible(str(spelling)), known)}")
        yield spellings[spelling], spelling, raw


def _read_tables(given: Any, where: str) -> dict[str, GatewayTable]:
    if not isinstance(given, dict) or not all(isinstance(t, dict) for t in given.values()):
        raise ConfigError(f"{where}: gateways are tables; write [gateways.groq] and its values")
    found = {}
    for gateway, table in given.items():
        read: dict[str, Any] = {}
        for name, raw in table.items():
            place = f"{where} [gateways.{visible(gateway)}]"
            if name not in GATEWAY_TABLE_READERS:
                unknown = UnknownName("setting", visible(name), GATEWAY_TABLE_READERS)
                raise ConfigError(f"{place}: {unknown}")
            read[name] = GATEWAY_TABLE_READERS[name](raw, f"{place} {name}")
        found[gateway] = GatewayTable(**read)
    return found


def _read_fallbacks(given: Any, where: str) -> dict[str, tuple[str, ...]]:
    place = f"{where} [fallbacks]"
    if not isinstance(given, dict):
        raise ConfigError(f'{place} is a table; write "groq/llama" = ["together/llama"]')
    found = {}
    for model, others in given.items():
        spot = f"{place} {visible(str(model))}"
        found[model] = values.texts(others, spot)
        if not 1 <= len(found[model]) <= MOST_FALLBACKS:
            raise ConfigError(f"{spot}: give one to {MOST_FALLBACKS} model ids to go on to")
        if not all(map(str.strip, found[model])):
            raise ConfigError(f"{spot}: an empty text is no model id; leave it out")
    return found


def _read_lists(document: dict[str, Any], where: str) -> dict[str, Any]:
    """What stands in tables of which there are several, by its name in Settings; taken out."""
    found: dict[str, Any] = {}
    if "sla" in document or "maintenance" in document:
        # Few files have any, and every start would wait for time zones.
        from gatewayz.config.promises import read_maintenance, read_slas

        found["slas"] = read_slas(document.pop("sla", []), where)
        found["maintenance"] = read_maintenance(document.pop("maintenance", []), where)
    if "quarantine" in document:
        from gatewayz.config.quarantined import read_quarantine

        found["quarantine"] = read_quarantine(document.pop("quarantine"), where)
    return found


def _base_urls(tables: Mapping[str, GatewayTable]) -> dict[str, str]:
    """Addresses from gatewayz.toml as the variables that would mean the same."""
    return {
        f"{name.upper().replace('-', '_')}_BASE_URL": table.base_url
        for name, table in tables.items()
        if table.base_url
    }


def _other_secrets(
    chosen: Mapping[str, Any], tables: Mapping[str, GatewayTable]
) -> tuple[str, ...]:
    """Secrets that are no keys: those in headers, passwords in addresses."""
    headers = (field for table in tables.values() for field in table.headers.items())
    return (
        *secrets_in_headers(headers),
        *password_in(chosen.get("proxy", "")),
        *password_in(chosen.get("store", "")),
    )


def _warnings(
    dotenv_path: Path,
    toml_path: Path | None,
    tables: Mapping[str, GatewayTable],
    environ: Mapping[str, str],
    watching: Any,
) -> tuple[str, ...]:
    lines = [files.readable_by_others(dotenv_path)]
    told = any(table.headers for table in tables.values()) or {"alerts", "webhook"} & set(watching)
    if toml_path is not None and told:
        lines.append(files.readable_by_others(toml_path))
    known = {names.env for names in SETTINGS.values() if names.env}
    for variable in sorted(environ):
        if variable.startswith("GATEWAYZ_") and variable not in known:
            nearest = UnknownName("variable", variable, known).nearest
            if nearest and _one_slip_apart(variable, nearest[0]):
                lines.append(f"{variable} is not read; did you mean {nearest[0]}?")
    return tuple(line for line in lines if line)


def _one_slip_apart(a: str, b: str) -> bool:
    """Whether two names differ by a slip of the fingers, not by meaning."""
    import difflib

    return difflib.SequenceMatcher(None, a, b).ratio() > 0.93
