"""What the routes of pages and of their figures share: who looks, the store, where one stands."""

from __future__ import annotations

import asyncio
from contextlib import suppress
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
    from gatewayz.store.under_way import UnderWay

_LIVE_FRESH_S, _PROMISES_FRESH_S = 0.9, 60.0
# For so long a page waits for what it can do without.
_PATIENCE_S = 0.5


class Lobby:
    """The parts of the dashboard; its pages are loaded by the first who asks for one."""

    def __init__(self, settings: Settings, entrance: Entrance) -> None:
        self.entrance = entrance
        self.shelf = Shelf(settings.store)
        self._settings = settings
        self._figures: Figures | None = None

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
        """The newest run; None where there is none."""
        if not self.shelf.holds_anything:
            return None
        kept = await self.shelf.get("live", lambda s: s.past.under_way.newest(), fresh_s=_LIVE_FRESH_S)  # fmt: skip
        return kept.value

    async def warm(self) -> None:
        """Makes what everybody's status page is made of, so that not even the first waits for it."""
        if self.entrance.public and self.shelf.holds_anything:
            from gatewayz.server.pages.making import seen_by

            with suppress(Refusal):
                await self.shelf.ask(lambda s: seen_by(self.figures, s, Viewer(is_public=True)))
                await self.promises()

    async def promises(self) -> Promises:
        """What became of every promise; the first who asks waits for it, which may take seconds."""
        kept = await self.shelf.get("promises", self.figures.promises, fresh_s=_PROMISES_FRESH_S)
        return kept.value

    async def promises_soon(self) -> bool:
        """Waits a moment for the promises, for a page that can do without; whether they are there."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.promises(), _PATIENCE_S)
        return self.figures.promised.is_known

    async def aclose(self) -> None:
        """Lets go of the store."""
        await self.shelf.aclose()
