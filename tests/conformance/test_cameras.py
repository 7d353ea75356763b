"""Whatever gives pictures does it alike: the pattern, a file, a V4L2 device, the Pi's camera; real ones where they are.

`RUNDTISCH_CAMERA` names a real device for the mark `hardware`: `picamera2` or `/dev/videoN`.
"""

import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import pytest

from kiosk.contract.configuration import Media
from kiosk.media.capture.camera import PiCamera
from kiosk.media.capture.choice import camera_of
from kiosk.media.capture.file import FileCamera
from kiosk.media.capture.pattern import PatternCamera
from kiosk.media.capture.planes import small_of
from kiosk.media.capture.source import VideoSource
from kiosk.media.capture.v4l2 import StableName, V4l2Camera
from kiosk.media.capture.videodev import Pixels
from tests.fakes.pi_camera import Board
from tests.fakes.video_kernel import VideoDevice, VideoKernel

SHAPE = (640, 360, 30)
VIDEO0 = Path("/dev/video0")


def of_file(folder: Path) -> VideoSource:
    path = folder / "clip.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        for number in range(5):
            frame = av.VideoFrame(1280, 720, "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return FileCamera(path, *SHAPE)


def of_v4l2(folder: Path) -> VideoSource:
    kernel = VideoKernel(video0=VideoDevice({Pixels.MJPEG: [(640, 360), (1600, 1200)]}))
    return V4l2Camera(StableName(VIDEO0, kernel), *SHAPE, kernel, kernel.clock)


def of_machine(folder: Path) -> VideoSource:
    name = os.environ["RUNDTISCH_CAMERA"]
    return camera_of(Media(camera=name, width_px=SHAPE[0], height_px=SHAPE[1])).make()


@pytest.fixture(
    params=[
        pytest.param(lambda folder: PatternCamera(*SHAPE), id="pattern"),
        pytest.param(of_file, id="file"),
        pytest.param(of_v4l2, id="v4l2"),
        pytest.param(lambda folder: PiCamera(*SHAPE, Board().system), id="picamera2"),
        pytest.param(of_machine, id="machine", marks=pytest.mark.hardware),
    ]
)
def camera(request: pytest.FixtureRequest, tmp_path: Path) -> VideoSource:
    make: Callable[[Path], VideoSource] = request.param
    return make(tmp_path)


def test_pictures_are_i420_and_at_most_as_large_as_asked_for(camera: VideoSource) -> None:
    """The encoder takes them as they are; a smaller one beside it has the same shape."""
    camera.open()
    frames = [camera.read() for _ in range(5)]
    camera.close()
    assert {frame.format.name for frame in frames} == {"yuv420p"}
    assert all(frame.width <= SHAPE[0] and frame.height <= SHAPE[1] for frame in frames)
    small = small_of(frames[0])
    assert small is None or small.width * frames[0].height == pytest.approx(small.height * frames[0].width, rel=0.02)


def test_a_still_is_larger_and_the_pictures_go_on_as_before(camera: VideoSource) -> None:
    """Each of these has more than it gives as video; two stills are no harm."""
    camera.open()
    before = camera.read()
    stills = [camera.still() for _ in range(2)]
    after = camera.read()
    camera.close()
    assert {still.format.name for still in stills} == {"yuv420p"}
    assert all(still.width > before.width for still in stills)
    assert (after.width, after.height) == (before.width, before.height)


def test_it_can_be_closed_at_any_time_and_opened_again(camera: VideoSource) -> None:
    """Never opened, twice, and after use."""
    camera.close()
    for _ in range(2):
        camera.open()
        assert camera.read().width
        assert camera.name
        camera.close()
        camera.close()
