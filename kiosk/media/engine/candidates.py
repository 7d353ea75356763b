"""ICE candidates of the far side on their way into a peer connection."""

import asyncio
import logging
from typing import Any

from aiortc import RTCPeerConnection
from aiortc.exceptions import InternalError, InvalidAccessError, InvalidStateError, OperationError
from aiortc.sdp import candidate_from_sdp

from kiosk.contract.errors import MalformedError
from kiosk.media.rtp.sdp import PARSE_ERRORS

_logger = logging.getLogger(__name__)

_MAX_CANDIDATES = 64
REFUSALS = (*PARSE_ERRORS, InternalError, InvalidAccessError, InvalidStateError, OperationError)
"""What aiortc raises for descriptions and candidates that it cannot use."""


class Candidates:
    """Of one peer connection. Kept back until its remote description is there."""

    def __init__(self, group: asyncio.TaskGroup, pc: RTCPeerConnection) -> None:
        self._group, self._pc = group, pc
        self._count = 0
        self._early: list[Any] | None = []
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self, mid: str, text: str, source: str) -> None:
        """One candidate line; an empty one, the end of them, needs nothing from us.

        Raises:
            MalformedError: no candidate, or too many.
        """
        text = text.removeprefix("a=").removeprefix("candidate:")
        self._count += 1
        if not text:
            return
        try:
            candidate = candidate_from_sdp(text)
        except PARSE_ERRORS:
            raise MalformedError(source, "a line that is no candidate") from None
        if self._count > _MAX_CANDIDATES:
            raise MalformedError(source, f"more than {_MAX_CANDIDATES} candidates")
        candidate.sdpMid = mid
        if self._early is None:
            self._begin(candidate)
        else:
            self._early.append(candidate)

    def open(self) -> None:
        """The remote description is there."""
        early, self._early = self._early or [], None
        for candidate in early:
            self._begin(candidate)

    def _begin(self, candidate: Any) -> None:
        task = self._group.create_task(self._add(candidate), name="add-candidate")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _add(self, candidate: Any) -> None:
        try:
            await self._pc.addIceCandidate(candidate)
        except (*REFUSALS, OSError) as error:  # a .local name may not resolve, an address may not be routed
            _logger.info("a candidate cannot be used: %s", error)

    def stop(self) -> None:
        """None is added any more."""
        self._early = []
        for task in self._tasks:
            task.cancel()
