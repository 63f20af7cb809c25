"""`python -m gatewayz.engine`: the tiny model on a loopback port until Ctrl-C."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from gatewayz.engine.child import MODEL, available
from gatewayz.engine.serve import Serving, serve


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve as the arguments say; returns an exit code only if the engine could not start."""
    parser = argparse.ArgumentParser(
        prog="python -m gatewayz.engine",
        description="Serve a GGUF model with llama.cpp's HTTP server, on loopback only.",
    )
    parser.add_argument("--model", type=Path, default=MODEL, help="a GGUF file (default: our own)")
    parser.add_argument("--alias", default="tiny", help="the model's name (default: tiny)")
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument("--slots", type=int, default=4, help="answers side by side (default: 4)")
    parser.add_argument(
        "--api-key-env", metavar="VAR", help="the variable holding the key that clients must send"
    )
    parser.add_argument(
        "--until-eof", action="store_true", help="also stop when standard input closes"
    )
    options = parser.parse_args(arguments)
    if not 0 <= options.port <= 65_535:
        parser.error(f"--port {options.port}: a port is between 0 and 65535")
    api_key = os.environ.get(options.api_key_env, "") if options.api_key_env else ""
    if options.api_key_env and not api_key:
        print(
            f"no key in {options.api_key_env}; set it, or leave --api-key-env out", file=sys.stderr
        )
        return 2
    if not options.model.is_file():
        print(f"no model file at {options.model}", file=sys.stderr)
        return 2
    if reason := available():
        print(f"the inference engine cannot run: {reason}", file=sys.stderr)
        return 2
    serving = Serving(
        model=options.model,
        alias=options.alias,
        port=options.port,
        api_key=api_key,
        slots=options.slots,
    )
    try:
        serve(serving, until_eof=options.until_eof)
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        print(f"the inference engine did not start: {error}", file=sys.stderr)
    return 4


if __name__ == "__main__":
    sys.exit(main())
