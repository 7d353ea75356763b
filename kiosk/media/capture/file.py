"""A video or sound file in place of camera or microphone, played without end."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np

from kiosk.contract.errors import MediaError, Reason
from kiosk.media.capture.planes import fitted
from kiosk.media.capture.source import SAMPLE_RATE_HZ, SAMPLES_PER_READ, Pace, Samples


class _Looped:
    """An open file whose first stream of a kind is decoded over and over."""

    def __init__(self, path: Path, kind: str, missing: Reason) -> None:
        self._path, self._kind, self._missing = path, kind, missing
        self._container: av.container.InputContainer | None = None
        try:
            self._container = av.open(str(path))
        except (OSError, av.FFmpegError) as error:
            raise MediaError(f"{path}: {error}", missing) from None
        if not any(stream.type == kind for stream in self._container.streams):
            self.close()
            raise MediaError(f"{path}: no {kind} in it", missing)

    def frames(self) -> Iterator[av.VideoFrame | av.AudioFrame]:
        while self._container:
            is_empty = True
            try:
                for frame in self._container.decode(**{self._kind: 0}):
                    is_empty = False
                    if isinstance(frame, av.VideoFrame | av.AudioFrame):
                        yield frame
                self._container.seek(0)
            except av.FFmpegError as error:
                raise MediaError(f"{self._path}: {error}", self._missing) from None
            if is_empty:
                raise MediaError(f"{self._path}: nothing to play", self._missing)

    def close(self) -> None:
        if self._container:
            self._container.close()
            self._container = None


class FileCamera:
    """A video file, scaled to the size asked for."""

    def __init__(
        self, path: Path, width: int, height: int, frames_per_second: int, *, keeps_shape: bool = False
    ) -> None:
        """`keeps_shape`: made smaller where it is larger than `width` by `height`, and left as it is otherwise."""
        self._keeps_shape = keeps_shape
        self._path, self._width, self._height = path, width, height
        self._frames_per_second = frames_per_second
        self._looped: _Looped | None = None
        self.name = path.name

    def open(self) -> None:
        self._looped = _Looped(self._path, "video", Reason.CAMERA_MISSING)
        self._frames = self._looped.frames()
        self._pace = Pace(1 / self._frames_per_second)

    def read(self) -> av.VideoFrame:
        self._pace.wait()
        frame = self._next()
        if self._keeps_shape:
            return fitted(frame, self._width, self._height)
        return frame.reformat(self._width, self._height, "yuv420p")

    def still(self) -> av.VideoFrame:
        """As large as the file has it."""
        return self._next().reformat(format="yuv420p")

    def _next(self) -> av.VideoFrame:
        frame = next(self._frames)
        assert isinstance(frame, av.VideoFrame)
        return frame

    def close(self) -> None:
        if self._looped:
            self._looped.close()


class FileMicrophone:
    """A sound file, as mono."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._looped: _Looped | None = None
        self.name = path.name

    def open(self) -> None:
        self._looped = _Looped(self._path, "audio", Reason.MICROPHONE_MISSING)
        self._blocks = self._resampled(self._looped)
        self._pace = Pace(SAMPLES_PER_READ / SAMPLE_RATE_HZ)

    def read(self) -> Samples:
        self._pace.wait()
        return next(self._blocks)

    def _resampled(self, looped: _Looped) -> Iterator[Samples]:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE_HZ, frame_size=SAMPLES_PER_READ)
        for frame in looped.frames():
            assert isinstance(frame, av.AudioFrame)
            frame.pts = None  # the file starts anew, the sound goes on
            for block in resampler.resample(frame):
                yield block.to_ndarray().reshape(-1).astype(np.int16, copy=False)

    def close(self) -> None:
        if self._looped:
            self._looped.close()
