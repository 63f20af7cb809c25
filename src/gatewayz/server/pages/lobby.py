"""What the routes of pages and of their figures share: who looks, the store, where one stands."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING

from gatewayz.config import Settings
from gatewayz.core.units import utc_now
from gatewayz.server.pages.entrance import Entrance, Viewer
from gatewayz.server.pages.shelf import Shelf
from gatewayz.server.refusals import Refusal

if TYPE_CHECKING:
    from starlette.requests import Request

    from gatewayz.server.pages.figures import Figures
    from gatewayz.server.pages.frame import Frame, Page
    from gatewayz.server.pages.promises import Promises
    from gatewayz.store import Store
    from gatewayz.store.under_way import UnderWay

_LIVE_FRESH_S, _PROMISES_FRESH_S = 0.9, 60.0
# For so long a page waits for what it can do without, where no more results than so many are read for it.
# Else that begins so much later: it would take from the page the core that it is made on.
_PATIENCE_S, _FEW = 0.5, 5000


class Lobby:
    """The parts of the dashboard; its pages are loaded by the first who asks for one."""

    def __init__(self, settings: Settings, entrance: Entrance) -> None:
        self.entrance = entrance
        self.shelf = Shelf(settings.store)
        self._settings = settings
        self._figures: Figures | None = None
        self._beginning: asyncio.Task[None] | None = None

    @property
    def figures(self) -> Figures:
        """What pages are made of; to be used in the shelf's thread alone."""
        if self._figures is None:
            from gatewayz.server.pages.figures import Figures

            self._figures = Figures(self._settings, utc_now)
        return self._figures

    def frame(self, request: Request, viewer: Viewer, here: str) -> Frame:
        """The frame of a page for one who looks."""
        from gatewayz.server.pages.frame import Frame
        from gatewayz.server.pages.passes import COOKIE

        leaves = COOKIE in request.cookies and self.entrance.wants_keys
        return Frame(here=here, whole=viewer.whole, leaves=leaves)

    def empty(self, frame: Frame) -> Page:
        """The page of a server that has no store yet."""
        from gatewayz.reports._markup import coded, el
        from gatewayz.server.pages.frame import framed

        words = "Nothing has been asked yet; `gatewayz test` asks, and this page tells."
        return framed(frame, "Status", el("h1", "Status"), el("p", *coded(words), cls="none"))

    async def under_way(self) -> UnderWay | None:
        """The run that goes on, else the one that ended last; None where there is none."""
        if not self.shelf.holds_anything:
            return None
        kept = await self.shelf.get("live", lambda s: s.past.under_way.current(self.figures.now()), fresh_s=_LIVE_FRESH_S)  # fmt: skip
        return kept.value

    async def warm(self) -> None:
        """Reads what the status page is made of, so that not even the first waits for it.

        Not where a key is asked for: nobody may ever look.
        """
        if self.shelf.holds_anything and (self.entrance.public or not self.entrance.wants_keys):
            with suppress(Refusal):
                await self.shelf.ask(self._read_figures)
                if self.entrance.public:
                    await self.promises()

    def _read_figures(self, store: Store) -> None:
        # To load it takes longer than to read, so it is done here, and not on the loop.
        from gatewayz.server.pages.making import seen_by

        seen_by(self.figures, store, Viewer())

    def _are_few(self, store: Store) -> bool:
        # The page that asks for this is made next: what makes it is loaded here, for the same reason.
        import_module("gatewayz.server.pages.making")
        return store.results.at_most() <= _FEW

    async def promises(self) -> Promises:
        """What became of every promise; the first who asks waits for it, which may take seconds."""
        kept = await self.shelf.get("promises", self.figures.promises, fresh_s=_PROMISES_FRESH_S)
        return kept.value

    async def promises_soon(self) -> bool:
        """Waits a moment for the promises, for a page that can do without; whether they are there.

        It does not wait in vain: of many results they are worked out behind the page.
        """
        few = await self.shelf.get("few", self._are_few, fresh_s=_PROMISES_FRESH_S)
        if not (few.value or self.figures.promised.is_known):
            if self._beginning is None or self._beginning.done():
                self._beginning = asyncio.create_task(self._begin_promises(), name="promises")
            return False
        with suppress(TimeoutError):
            await asyncio.wait_for(self.promises(), _PATIENCE_S)
        return self.figures.promised.is_known

    async def _begin_promises(self) -> None:
        await asyncio.sleep(_PATIENCE_S)
        with suppress(Refusal):
            await self.promises()

    async def aclose(self) -> None:
        """Lets go of the store."""
        if self._beginning is not None:
            self._beginning.cancel()
        await self.shelf.aclose()
