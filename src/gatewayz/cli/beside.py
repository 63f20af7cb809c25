"""The watch beside the backend: processes of their own, so that no request ever waits for one.

A watch takes no part in the backend's loop and interpreter, and runs at a lower priority. Between
the two stands a small process that starts the watch again when it dies, and ends it when the
backend is gone, in whatever way: it then reads the end of its standard input.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

# The watch itself takes up to eight seconds to end in order.
_END_S = 10.0
_PAUSE_S = 1.0
_MOST_PAUSE_S = 60.0
_LIVED_S = 60.0
_NICE = 5
# Usage, and nothing to watch: it would be the same again.
_FINAL = frozenset({0, 2, 3})


class Beside:
    """A watch that can be started beside this process, once."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self._arguments = list(arguments)
        self._keeper: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it; what it says goes to standard error."""
        self._keeper = subprocess.Popen(  # noqa: S603 -- ourselves
            [sys.executable, "-m", "gatewayz.cli.beside", *self._arguments],
            stdin=subprocess.PIPE,
            stdout=sys.stderr.fileno(),
            # A Ctrl-C in the terminal is the backend's, which then ends the watch.
            start_new_session=True,
        )

    def end(self) -> None:
        """Ends it in order, within a bound."""
        if self._keeper is None:
            return
        if self._keeper.stdin is not None:
            self._keeper.stdin.close()
        try:
            self._keeper.wait(_END_S + 1)
        except subprocess.TimeoutExpired:
            self._keeper.kill()
            self._keeper.wait()


@contextlib.contextmanager
def beside(arguments: Sequence[str]) -> Iterator[Beside]:
    """A watch to start while the block lasts; it ends with it."""
    watch = Beside(arguments)
    try:
        yield watch
    finally:
        watch.end()


def keep(arguments: Sequence[str]) -> None:
    """Keeps a watch running until standard input ends."""
    os.nice(_NICE)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pause_s = _PAUSE_S
    while True:
        begun = time.monotonic()
        child = subprocess.Popen(  # noqa: S603 -- ourselves
            [sys.executable, "-m", "gatewayz", "watch", *arguments], stdin=subprocess.DEVNULL
        )
        code = _ended(child)
        if code is None or code in _FINAL:
            return
        pause_s = (
            _PAUSE_S if time.monotonic() - begun > _LIVED_S else min(_MOST_PAUSE_S, 2 * pause_s)
        )
        print(f"gatewayz: the watch ended with {code}; it is started again", file=sys.stderr)
        if _is_over(pause_s):
            return


def _ended(child: subprocess.Popen[bytes]) -> int | None:
    """How a watch ended by itself; None when it was ended, since the backend is gone."""
    while child.poll() is None:
        if _is_over(0.5):
            child.terminate()
            try:
                child.wait(_END_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
            return None
    return child.returncode


def _is_over(seconds: float) -> bool:
    """Whether standard input ends within so long."""
    ready, _, _ = select.select([sys.stdin], [], [], seconds)
    return bool(ready) and os.read(sys.stdin.fileno(), 1) == b""


if __name__ == "__main__":
    keep(sys.argv[1:])
