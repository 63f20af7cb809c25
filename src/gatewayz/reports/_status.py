"""The one line at the bottom of a terminal that changes while a run goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text


class StatusLine:
    """Shows one line, cut to the terminal's width, and steps aside for what is printed above it.

    The drawing is Rich's, loaded when there is first something to show.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._live: Live | None = None
        self._text = ""

    def show(self, text: str) -> None:
        """Puts the text, which must be safe to print, in place of the one before."""
        self._text = text
        if self._live is None:
            self._live = self._started()
        self._live.update(self._drawn(), refresh=True)

    def hide(self) -> None:
        """Takes the line away and gives the cursor back."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    @contextmanager
    def away(self) -> Iterator[None]:
        """The line is gone inside the block, and back after it."""
        shown = self._live is not None
        self.hide()
        yield
        if shown:
            self.show(self._text)

    def _started(self) -> Live:
        from rich.console import Console
        from rich.live import Live

        console = Console(file=self._stream, highlight=False, markup=False, emoji=False)
        # No refresh of its own: a thread that draws would run into what is printed.
        live = Live(
            self._drawn(), console=console, auto_refresh=False, transient=True,
            redirect_stdout=False, redirect_stderr=False,
        )  # fmt: skip
        live.start()
        return live

    def _drawn(self) -> Text:
        from rich.text import Text

        return Text(self._text, no_wrap=True, overflow="ellipsis")
