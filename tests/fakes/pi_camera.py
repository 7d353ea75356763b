"""The part of picamera2 and libcamera that we use, with a board that the test breaks.

Written from the source of picamera2 0.3.3x; what would hang or crash there fails here.
"""

from types import SimpleNamespace
from typing import Any

import numpy as np

from kiosk.media.capture.camera import System

_ALIGNED = 128
"""Bytes a line of YUV420 on a Pi 5."""


class Board:
    """A Raspberry Pi, its camera, and who holds it."""

    def __init__(self) -> None:
        self.models = ["imx708"]
        self.sensor_resolution = (4608, 2592)
        self.has_lens = True
        self.is_held_elsewhere = False
        self.is_stuck = False
        """The cable is off: no picture comes any more."""
        self.still_error: Exception | None = None
        self.granted_format = "YUV420"
        self.cameras = 0
        """Open at the moment."""
        self.requests = 0
        """Handed out and not given back."""
        self.log: list[str] = []
        self.controls: dict[str, Any] = {}

    def system(self) -> System:
        """Both packages, as `PiCamera` loads them."""
        board = self

        class Picamera2(_Picamera2):
            def __init__(self, number: int) -> None:
                super().__init__(board, number)

            @staticmethod
            def global_camera_info() -> list[dict[str, Any]]:
                return [{"Model": model, "Num": number} for number, model in enumerate(board.models)]

        modes = SimpleNamespace(AfModeEnum=SimpleNamespace(Continuous="continuous"))
        space = SimpleNamespace(Smpte170m=lambda: "smpte170m")
        picamera2 = SimpleNamespace(Picamera2=Picamera2)
        return System(picamera2, SimpleNamespace(controls=modes, ColorSpace=space))


class _Request:
    def __init__(self, board: Board, config: dict[str, Any]) -> None:
        self._board, self.config = board, config
        board.requests += 1

    def make_buffer(self, stream: str) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
        (_, height), stride = self.config[stream]["size"], self.config[stream]["stride"]
        luma, chroma = stride * height, stride // 2 * ((height + 1) // 2)
        data = np.full(luma + 2 * chroma, 128, np.uint8)
        data[:luma].reshape(height, stride)[:, : stride // 2] = 60
        return data

    def release(self) -> None:
        self._board.requests -= 1


class _Picamera2:
    def __init__(self, board: Board, number: int) -> None:
        self._board = board
        board.models[number]
        if board.is_held_elsewhere:
            raise RuntimeError("Camera __init__ sequence did not complete.")
        board.cameras += 1
        self.camera_controls = {"AfMode": (0, 2, 0)} if board.has_lens else {}
        self.sensor_resolution = board.sensor_resolution
        self._config: dict[str, Any] = {}
        self._is_started = False
        self._pending = 0

    def create_video_configuration(self, *, main: Any, lores: Any, controls: Any, **more: Any) -> dict[str, Any]:
        return {"main": dict(main), "lores": lores and dict(lores), "controls": controls, "use": "video"} | more

    def create_still_configuration(self, *, main: Any, controls: Any, **more: Any) -> dict[str, Any]:
        return {"main": dict(main), "lores": None, "controls": controls, "use": "still"} | more

    @staticmethod
    def align_configuration(config: dict[str, Any]) -> None:
        for stream in filter(None, (config["main"], config["lores"])):
            width, height = stream["size"]
            stream["size"] = (width - width % _ALIGNED, height - height % 2)

    def configure(self, config: dict[str, Any]) -> None:
        if self._is_started:
            raise RuntimeError("Camera must be stopped before configuring")
        main, lores = config["main"], config["lores"]
        if lores and (lores["size"][0] > main["size"][0] or lores["size"][1] > main["size"][1]):
            raise RuntimeError("lores stream dimensions may not exceed main stream")
        for stream in filter(None, (main, lores)):
            width, height = stream["size"]
            if width % 2 or height % 2:
                raise RuntimeError("width and height should be even")
            stream |= {"format": self._board.granted_format, "stride": -(-width // _ALIGNED) * _ALIGNED}
        self._config = config
        self._board.controls = config["controls"]
        self._board.log.append(f"{config['use']} {main['size'][0]}x{main['size'][1]}")

    def camera_configuration(self) -> dict[str, Any]:
        return self._config

    def start(self) -> None:
        assert self._config
        self._is_started = True

    def capture_request(self, *, wait: float) -> _Request:
        assert self._is_started
        if self._board.is_stuck:
            self._pending += 1
            raise TimeoutError
        return _Request(self._board, self._config)

    def switch_mode_capture_request_and_stop(self, config: dict[str, Any], *, wait: float) -> _Request:
        assert not self._board.requests, "contiguous memory would not suffice for both modes"
        self._is_started = False
        self.configure(config)
        if self._board.still_error:
            self._is_started = True
            if isinstance(self._board.still_error, TimeoutError):
                self._pending += 1
            raise self._board.still_error
        return _Request(self._board, self._config)

    def cancel_all_and_flush(self) -> None:
        self._pending = 0

    def stop(self) -> None:
        if self._is_started:
            assert not self._pending, "stopping would wait for ever behind a picture that never comes"
        self._is_started = False

    def close(self) -> None:
        self.stop()
        self._board.cameras -= 1
