"""The command line: one file per command, each loaded only when it is called."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NoReturn

from gatewayz.cli.exits import CANCELLED, OK, OURS, USAGE

if TYPE_CHECKING:
    import click

__all__ = ["leave", "main", "run_command", "stop_writing"]


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The `gatewayz` command: runs what the arguments say and exits with its code."""

    def the_program() -> click.Command:
        from gatewayz.cli.group import PROGRAM

        return PROGRAM

    leave(run_command(the_program, arguments, name="gatewayz"))


def leave(code: int) -> NoReturn:
    """Ends the process with this code.

    A name lookup cannot be cancelled; its thread is not waited for.
    """
    if "threading" in sys.modules and sys.modules["threading"].active_count() > 1:
        import os

        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def run_command(
    load: Callable[[], click.Command],
    arguments: Sequence[str] | None = None,
    *,
    name: str,
    obj: object = None,
) -> int:
    """The exit code of a command, every error having become one line on standard error.

    `load` gives the command, so that an interrupt while it is loaded is met as well. `name` is
    what the user typed to get here, and `obj` reaches the command as its context's object.
    """
    _stand_in_for_closed()
    for stream in (sys.stdout, sys.stderr):
        # An id with a character that this terminal's encoding lacks must not end the command.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        outcome = _invoked(load(), arguments, name, obj)
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            stop_writing()
    except KeyboardInterrupt:
        _complain("interrupted")
        return CANCELLED
    except Exception as error:  # noqa: BLE001 -- the last door: nobody is to meet a traceback
        return _explain(error, name)
    return outcome if isinstance(outcome, int) else OK


def _stand_in_for_closed() -> None:
    """Has what goes to a standard stream that was closed before we began go nowhere.

    Its number would be that of the next file or connection, and whoever writes to it would write there.
    """
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            # Open for as long as the process lasts.
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w", encoding="utf-8"))  # noqa: SIM115


def _invoked(
    command: click.Command, arguments: Sequence[str] | None, name: str, obj: object
) -> object:
    """What a command returns. Not by its own `main`, which ends the process in ways of its own."""
    variable = f"_{name.upper()}_COMPLETE"
    if os.environ.get(variable):
        from click.shell_completion import shell_complete

        return shell_complete(command, {}, name, variable, os.environ[variable])
    words = sys.argv[1:] if arguments is None else list(arguments)
    from click.exceptions import Exit

    try:
        with command.make_context(name, words, obj=obj) as context:
            return command.invoke(context)
    except Exit as done:  # --help and --version end here
        return done.exit_code


def _explain(error: Exception, name: str) -> int:
    """Says in one line what went wrong; the exit code for it."""
    import click

    from gatewayz.core.errors import GatewayzError

    match error:
        case click.exceptions.NoArgsIsHelpError():
            print(error.format_message())
            return USAGE
        case click.UsageError():
            where = error.ctx.command_path if error.ctx else name
            _complain(f"{error.format_message()} ({where} --help shows what there is)")
            return USAGE
        case click.ClickException():
            _complain(error.format_message())
            return USAGE
        case click.Abort():
            return CANCELLED
        case GatewayzError():
            _complain(str(error))
            return error.exit_code
        case BrokenPipeError():
            # Whoever read our output has seen enough; say nothing, also not at interpreter exit.
            stop_writing()
            return OK
        case OSError() if error.errno is not None and error.filename is None:
            _complain(f"cannot write the output: {error.strerror}")
            stop_writing()
            return OURS
    _complain(f"this is a bug of ours: {type(error).__name__}: {error}")
    _tell_developers()
    return OURS


def stop_writing() -> None:
    """Points standard output at nothing, for when its reader is gone."""
    import os

    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())


def _complain(message: str) -> None:
    from gatewayz.cli.complaints import complain

    complain(f"gatewayz: {message}")


def _tell_developers() -> None:
    import os

    if os.environ.get("GATEWAYZ_DEBUG"):
        import traceback

        traceback.print_exc()
    else:
        _complain("run it again with GATEWAYZ_DEBUG=1 and report what it prints")
