"""The scripts in the repository's root: their TEST_CONFIG and GATEWAY_INFO, run as a command."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from gatewayz.cli import leave, run_command

if TYPE_CHECKING:
    import click


@dataclass(frozen=True, kw_only=True)
class Script:
    """What stands at the top of a script."""

    config: Mapping[str, Any]
    gateways: Mapping[str, object]


def run_script(
    test_config: Mapping[str, Any], gateway_info: Mapping[str, object], *, way: str
) -> NoReturn:
    """Calls the roll as a script's dicts say and exits with its code.

    `way` is direct or api. The options of `gatewayz test` work on the script's command line too.
    """

    def the_command() -> click.Command:
        # Here, where an error becomes one line.
        check_test_config(test_config)
        from gatewayz.cli.test import command

        return command

    config = test_config if isinstance(test_config, Mapping) else {}
    script = Script(config={"mode": way, **config}, gateways=gateway_info)
    leave(run_command(the_command, name=Path(sys.argv[0]).name, obj=script))


def check_test_config(given: object) -> None:
    """Raises ConfigError when a TEST_CONFIG is no dict."""
    if not isinstance(given, Mapping):
        from gatewayz.core.errors import ConfigError

        raise ConfigError(
            f"TEST_CONFIG is a {type(given).__name__}; write a dict such as "
            "{'max_models_per_gateway': 3}"
        )
