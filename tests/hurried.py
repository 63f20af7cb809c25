"""An event loop whose clock jumps: what only waits takes no time, and no busy machine makes it longer.

For what goes by the loop's clock alone. Sockets and threads have a clock of their own, so that a
limit set here would pass before a byte of them came.
"""

import asyncio
import selectors

# A sum of seconds may end a hair below the timer that it was to reach.
_ROUNDING_S = 1e-9


class _Jumping(selectors.DefaultSelector):
    """Instead of waiting for the next timer, it says that it has waited."""

    jumped_s = 0.0

    def select(self, timeout=None):
        """What is ready now; where nothing is, the time until the next timer has passed."""
        if timeout is None:  # no timer: only a thread or a signal could end this
            return super().select(None)
        ready = super().select(0)
        if not ready:
            self.jumped_s += timeout + _ROUNDING_S
        return ready


class _Loop(asyncio.SelectorEventLoop):
    """Its time is that of the jumps, so that a second is one whatever else the machine does."""

    def __init__(self):
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self):
        """Seconds since the loop was made."""
        return self._jumping.jumped_s


def run(coroutine):
    """Runs it as `asyncio.run` does; gives its result and the seconds that its clock tells."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        result = runner.run(coroutine)
        return result, runner.get_loop().time()
