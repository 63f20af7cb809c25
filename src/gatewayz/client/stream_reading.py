"""An event stream while it is read: its pieces go into the record, its events into the reply."""

from __future__ import annotations

import math
from collections import deque

from gatewayz.client.bodies import read_unstreamed
from gatewayz.client.decoding import STEP
from gatewayz.client.events import EventReader
from gatewayz.client.later import Received
from gatewayz.client.record import Record
from gatewayz.client.streams import EventTaker, note_ending
from gatewayz.client.wire import fail
from gatewayz.core.attempt import FaultName, Phase


class StreamReading:
    """The reading of one stream, whose longest event may be of `cap` bytes.

    Pieces come by `take`, in the turn of the loop that they arrive in; what is too much for one turn
    waits for `read_waiting`.
    """

    def __init__(self, record: Record, *, cap: int) -> None:
        self._record, self._cap = record, cap
        self.until, self.timer = math.inf, ""
        self._reader = EventReader(cap)
        self._taker = EventTaker(record.builder)
        # The body, until an event is found in it.
        self._whole = bytearray()
        self._waiting: deque[tuple[bytes, float]] = deque()
        self._turn, self._in_turn = 0.0, 0

    @property
    def has_begun(self) -> bool:
        """Whether an event has come; a comment is none."""
        return self._reader.events > 0

    @property
    def flooded(self) -> bool:
        """Whether no more is to be read."""
        return self._record.builder.flooded

    @property
    def waits(self) -> bool:
        """Whether something waits to be read."""
        return bool(self._waiting)

    def hold_to(self, until: float, timer: str) -> None:
        """From here on no piece counts that comes after this moment, which is a limit of this name.

        So no sender stretches the limit by never pausing; what was here in time does count, however
        late it is read.
        """
        self.until, self.timer = until, timer

    def take(self, piece: bytes, stamp: float) -> bool:
        """A piece, and when it came; False when no more is wanted for now.

        Raises: EventTooLarge, WireError.
        """
        if stamp != self._turn:
            self._turn, self._in_turn = stamp, 0
        self._in_turn += len(piece)
        if self._waiting or self._in_turn > STEP:
            self._waiting.append((piece, stamp))
            return False
        had_begun = self.has_begun
        self.read(piece, stamp)
        builder = self._record.builder
        # With the first event the limits change.
        return had_begun == self.has_begun and not (builder.done or builder.flooded)

    def take_many(self, pieces: Received) -> bool:
        """Pieces in their order, as `take` takes each of them, once the stream has begun."""
        at = in_full = 0
        while (at := at + self._read_alike(pieces, at)) < len(pieces):
            piece, stamp = pieces[at]
            at, in_full = at + 1, in_full + len(piece)
            if not self.take(piece, stamp) or in_full > STEP:
                self._waiting += pieces[at:]
                return False
        return True

    def _read_alike(self, pieces: Received, at: int) -> int:
        """Reads so many of the pieces from there on as are like those before; others are for `read`."""
        if self._waiting or not self._reader.is_between_events or pieces[-1][1] > self.until:
            return 0
        texts = self._taker.texts_alike(pieces, at, self._cap)
        if texts:
            read = pieces[at : at + len(texts)]
            self._reader.pass_over([len(piece) for piece, _ in read])
            self._record.take_pieces(read)
            self._taker.take_alike(texts, [stamp for _, stamp in read])
        return len(texts)

    def read_waiting(self) -> None:
        """Reads some of what waits. Raises: EventTooLarge, WireError."""
        piece, stamp = self._waiting.popleft()
        if len(piece) > STEP:
            self._waiting.appendleft((piece[STEP:], stamp))
        self.read(piece[:STEP], stamp)
        self._in_turn = 0

    def read(self, piece: bytes, stamp: float) -> None:
        """Reads a piece. Raises: EventTooLarge, WireError."""
        if stamp > self.until:
            raise fail(FaultName.TIMEOUT, Phase.BODY, "", self.timer)
        reader, builder = self._reader, self._record.builder
        self._record.take_piece(piece, stamp)
        if not reader.events and len(self._whole) < self._cap:
            self._whole += piece
        for event in reader.feed(piece):
            self._taker.take(event, stamp)
        if builder.flooded and builder.error is None:
            raise fail(FaultName.TOO_LARGE, Phase.BODY, "events that say nothing", "idle-events")

    def finish(self) -> None:
        """Reads what stands at the end without a blank line behind it. Raises: EventTooLarge."""
        self._taker.take_rest(self._reader, self._record.last_piece or self._record.started)

    def note_comments(self) -> None:
        """Tells the reply how many comments there were."""
        self._record.builder.comments = self._reader.comments

    def end(self) -> None:
        """Names what the stream lacked, now that it has ended in good order."""
        self.note_comments()
        if self.has_begun:
            cut_off = self._taker.cut_off
            note_ending(self._record.builder, self._reader, self._record.content_type, cut_off)
        else:
            read_unstreamed(bytes(self._whole), self._record.builder)
