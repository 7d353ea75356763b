"""The Pi's camera on a board in memory: what was granted, what is missing, stills, and that it is let go."""

import av
import numpy as np
import pytest
from av.video.codeccontext import VideoCodecContext

from kiosk.contract.configuration import Codec
from kiosk.contract.errors import MediaError, Reason
from kiosk.media.capture.camera import PiCamera, System
from kiosk.media.capture.planes import plane_array, small_of
from kiosk.media.sending.content import Content
from kiosk.media.sending.sizes import Layer
from kiosk.media.sending.video_stream import VideoStream
from tests.fakes.pi_camera import Board


def camera_on(board: Board, width: int = 1280, height: int = 720) -> PiCamera:
    return PiCamera(width, height, 30, board.system)


def test_both_streams_come_with_one_request() -> None:
    """The large one with its stride taken away, the small one beside it; both buffers go back at once."""
    board = Board()
    camera = camera_on(board)
    camera.open()
    frame = camera.read()
    small = small_of(frame)
    assert small is not None
    assert (frame.width, frame.height, camera.name, board.requests) == (1280, 720, "imx708", 0)
    assert (small.width, small.height) == (640, 360)
    assert np.array_equal(plane_array(small, 0)[:360, 0], np.full(360, 60))
    camera.close()
    assert board.cameras == 0


def test_a_small_camera_has_one_stream() -> None:
    """There is nothing below 360 lines."""
    camera = camera_on(Board(), 640, 360)
    camera.open()
    assert small_of(camera.read()) is None
    camera.close()


def test_the_size_that_was_granted_counts() -> None:
    """Widths are cut to what the hardware likes."""
    camera = camera_on(Board(), 1300, 720)
    camera.open()
    assert camera.read().width == 1280
    camera.close()


@pytest.mark.parametrize("has_lens", [True, False])
def test_a_lens_that_moves_follows_all_the_time(has_lens: bool) -> None:
    """And a camera without one is not asked to."""
    board = Board()
    board.has_lens = has_lens
    camera = camera_on(board)
    camera.open()
    assert board.controls.get("AfMode") == ("continuous" if has_lens else None)
    assert board.controls["FrameDurationLimits"] == (33333, 33333)
    camera.close()


def test_another_format_than_asked_for_is_noticed() -> None:
    """Picamera2 goes on without a word."""
    board = Board()
    board.granted_format = "BGR888"
    camera = camera_on(board)
    with pytest.raises(MediaError, match="granted BGR888") as failed:
        camera.open()
    camera.close()
    assert (failed.value.reason, board.cameras) == (Reason.CAMERA_MISSING, 0)


def test_a_board_without_a_camera_and_a_held_one_are_told_apart() -> None:
    """Missing, and busy."""
    board = Board()
    board.is_held_elsewhere = True
    with pytest.raises(MediaError) as failed:
        camera_on(board).open()
    assert failed.value.reason is Reason.CAMERA_BUSY
    board.models.clear()
    with pytest.raises(MediaError, match="no camera") as failed:
        camera_on(board).open()
    assert failed.value.reason is Reason.CAMERA_MISSING


def test_without_the_system_package_it_says_so() -> None:
    """The virtual environment has to see the system's packages."""

    def missing() -> System:
        raise ImportError

    with pytest.raises(MediaError, match="no picamera2"):
        PiCamera(1280, 720, 30, missing).open()


def test_a_cable_that_comes_off_ends_in_a_reason_and_lets_go() -> None:
    """Closing does not wait behind the picture that never comes."""
    board = Board()
    camera = camera_on(board)
    camera.open()
    camera.read()
    board.is_stuck = True
    with pytest.raises(MediaError, match="no picture") as failed:
        camera.read()
    assert failed.value.reason is Reason.CAMERA_MISSING
    camera.close()
    assert (board.cameras, board.requests) == (0, 0)


def test_a_still_has_all_of_the_sensor_and_video_goes_on() -> None:
    """The sensor's mode changes for it and back."""
    board = Board()
    camera = camera_on(board)
    camera.open()
    still = camera.still()
    assert (still.width, still.height) == (4608, 2592)
    assert camera.read().width == 1280
    assert board.log == ["video 1280x720", "still 4608x2592", "video 1280x720"]
    camera.close()
    assert (board.cameras, board.requests) == (0, 0)


@pytest.mark.parametrize("error", [TimeoutError(), RuntimeError("out of contiguous memory")])
def test_a_still_that_fails_is_taken_from_the_video(error: Exception) -> None:
    """And the video goes on."""
    board = Board()
    board.still_error = error
    camera = camera_on(board)
    camera.open()
    assert camera.still().width == 1280
    assert camera.read().width == 1280
    camera.close()
    assert (board.cameras, board.requests) == (0, 0)


def test_the_small_stream_spares_the_scaling() -> None:
    """The small layer is encoded from it: what differs between the two streams is found in what is decoded."""
    large, small = av.VideoFrame(1280, 720, "yuv420p"), av.VideoFrame(640, 360, "yuv420p")
    for frame, luma in ((large, 60), (small, 200)):
        for index, value in enumerate((luma, 128, 128)):
            plane_array(frame, index)[:] = value
    large.opaque = small
    stream = VideoStream(Codec.VP8, Layer.SMALL, Content.MOTION, 30)
    decoder = av.CodecContext.create("vp8", "r")
    assert isinstance(decoder, VideoCodecContext)
    (packet,) = stream.encode(large, 0, 1_000_000, 0)
    (decoded,) = decoder.decode(packet)
    assert (decoded.width, decoded.height) == (640, 360)
    assert int(plane_array(decoded, 0)[180, 320]) == pytest.approx(200, abs=8)
