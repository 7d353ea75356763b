"""V4L2 devices that are busy, broken, unplugged and plugged in again, on a kernel in memory."""

import errno
from pathlib import Path

import pytest

from kiosk.contract.errors import MediaError, Reason
from kiosk.media.capture.grabber import Laptop
from kiosk.media.capture.planes import plane_array
from kiosk.media.capture.v4l2 import StableName, V4l2Camera
from kiosk.media.capture.videodev import NO_SIGNAL, Pixels
from tests.fakes.video_kernel import VideoDevice, VideoKernel

HD = {Pixels.MJPEG: [(640, 360), (1280, 720), (2592, 1944)]}
VIDEO0 = Path("/dev/video0")


def camera_on(kernel: VideoKernel, path: Path = VIDEO0, size: tuple[int, int] = (1280, 720)) -> V4l2Camera:
    return V4l2Camera(StableName(path, kernel), *size, 30, kernel, kernel.clock)


@pytest.mark.parametrize("pixels", list(Pixels))
def test_every_format_becomes_the_same_picture(pixels: Pixels) -> None:
    """Left darker than right, in limited range, as large as the camera gives it."""
    kernel = VideoKernel(video0=VideoDevice({pixels: [(320, 180)]}))
    camera = camera_on(kernel)
    camera.open()
    frame = camera.read()
    luma = plane_array(frame, 0)
    assert (frame.width, frame.height, frame.format.name, camera.name) == (320, 180, "yuv420p", "Camera")
    left, right = (90, 150) if pixels is not Pixels.MJPEG else (16 + 90 * 219 // 255, 16 + 150 * 219 // 255)
    assert int(luma[90, 20]) == pytest.approx(left, abs=2)
    assert int(luma[90, 300]) == pytest.approx(right, abs=2)
    camera.close()
    assert kernel.open_count == 0


def test_a_picture_keeps_the_shape_that_was_granted() -> None:
    """A camera that knows 4:3 only is not stretched, a larger one is made smaller."""
    kernel = VideoKernel(video0=VideoDevice({Pixels.YUYV: [(1600, 1200)]}))
    camera = camera_on(kernel)
    camera.open()
    frame = camera.read()
    assert (frame.width, frame.height) == (960, 720)
    camera.close()


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.EBUSY, Reason.CAMERA_BUSY),
        (errno.EACCES, Reason.CAMERA_MISSING),
        (errno.ENODEV, Reason.CAMERA_MISSING),
        (errno.EIO, Reason.CAMERA_MISSING),
    ],
)
def test_a_device_that_does_not_open_says_why(number: int, reason: Reason) -> None:
    """Busy is something else than forbidden."""
    camera = camera_on(VideoKernel(video0=VideoDevice(HD, opening_error=number)))
    with pytest.raises(MediaError, match="/dev/video0") as failed:
        camera.open()
    camera.close()
    assert failed.value.reason is reason


@pytest.mark.parametrize("number", [errno.EBUSY, errno.ENOSPC])
def test_a_camera_that_another_program_streams_from_is_busy(number: int) -> None:
    """V4L2 devices open for everybody; only the stream has one owner, or finds no room on the bus."""
    kernel = VideoKernel(video0=VideoDevice(HD, streaming_errors={Pixels.MJPEG: number}))
    camera = camera_on(kernel)
    with pytest.raises(MediaError) as failed:
        camera.open()
    camera.close()
    assert (failed.value.reason, kernel.open_count) == (Reason.CAMERA_BUSY, 0)


def test_the_metadata_node_of_a_camera_is_none() -> None:
    """USB cameras come with a second node that opens, and never gives a picture."""
    with pytest.raises(MediaError, match="gives no pictures"):
        camera_on(VideoKernel(video0=VideoDevice(HD, can=0x04A00000))).open()


def test_broken_pictures_are_counted_and_left_out() -> None:
    """The first few of a stream often are; nothing but broken ones is a fault, in time."""
    device = VideoDevice(HD, broken=3)
    kernel = VideoKernel(video0=device)
    camera = camera_on(kernel)
    camera.open()
    assert camera.read().width == 1280
    assert camera.broken == 3
    device.broken = 1_000
    began_s = kernel.now_s
    with pytest.raises(MediaError, match="broken"):
        camera.read()
    assert kernel.now_s - began_s == pytest.approx(2, abs=0.1)
    camera.close()


def test_a_camera_that_stops_giving_is_noticed() -> None:
    """Within two seconds."""
    device = VideoDevice(HD)
    kernel = VideoKernel(video0=device)
    camera = camera_on(kernel)
    camera.open()
    camera.read()
    device.is_giving = False
    with pytest.raises(MediaError, match="no picture") as failed:
        camera.read()
    assert failed.value.reason is Reason.CAMERA_MISSING
    camera.close()


def test_a_camera_that_is_pulled_out_is_closed_and_comes_back_under_another_number(tmp_path: Path) -> None:
    """By the name that the system gave it, which does not change."""
    device = VideoDevice(HD)
    kernel = VideoKernel(video0=device)
    name = tmp_path / "usb-Camera-index0"
    kernel.links = {VIDEO0: [name]}
    where = StableName(VIDEO0, kernel)
    camera = V4l2Camera(where, 1280, 720, 30, kernel, kernel.clock)
    name.touch()
    camera.open()
    camera.read()
    device.is_plugged = False
    name.unlink()
    with pytest.raises(MediaError, match="pulled out") as failed:
        camera.read()
    assert failed.value.reason is Reason.CAMERA_MISSING
    camera.close()
    assert kernel.open_count == 0
    assert where.path() == VIDEO0
    device.is_plugged = True
    kernel.devices = {name: device, VIDEO0: VideoDevice(HD, card="another one")}
    name.touch()
    again = V4l2Camera(where, 1280, 720, 30, kernel, kernel.clock)
    again.open()
    assert again.name == "Camera"
    again.close()


def test_a_still_is_the_largest_picture_and_video_goes_on() -> None:
    """After the exposure had time to settle; the format of before is set again."""
    device = VideoDevice({Pixels.YUYV: [(640, 480)], **HD})
    kernel = VideoKernel(video0=device)
    camera = camera_on(kernel)
    camera.open()
    camera.read()
    began_s = kernel.now_s
    still = camera.still()
    assert (still.width, still.height) == (2592, 1944)
    assert 0.4 < kernel.now_s - began_s < 1
    assert camera.read().width == 1280
    assert device.log == ["MJPEG 1280x720", "MJPEG 2592x1944", "MJPEG 1280x720"]
    camera.close()


def test_a_camera_that_lists_no_sizes_is_asked_for_more_than_it_has() -> None:
    """The driver grants the nearest."""
    kernel = VideoKernel(video0=VideoDevice(HD, is_listing=False))
    camera = camera_on(kernel)
    camera.open()
    assert camera.still().width == 2592
    camera.close()


def test_a_still_that_fails_is_taken_from_the_video() -> None:
    """Some cameras list sizes for which their bus is too slow. The video must not suffer."""
    device = VideoDevice({Pixels.MJPEG: [(1280, 720)], Pixels.YUYV: [(3840, 2160)]})
    device.streaming_errors = {Pixels.YUYV: errno.ENOSPC}
    kernel = VideoKernel(video0=device)
    camera = camera_on(kernel)
    camera.open()
    assert camera.still().width == 1280
    assert camera.read().width == 1280
    camera.close()
    assert kernel.open_count == 0


def test_a_camera_without_anything_larger_gives_the_still_from_the_stream() -> None:
    """Without a switch of formats."""
    device = VideoDevice({Pixels.MJPEG: [(1280, 720)]})
    camera = camera_on(VideoKernel(video0=device))
    camera.open()
    assert camera.still().width == 1280
    assert len(device.log) == 1
    camera.close()


def laptop_on(device: VideoDevice) -> tuple[Laptop, VideoKernel]:
    kernel = VideoKernel(video0=device)
    laptop = Laptop(camera_on(kernel, size=(1920, 1080)), kernel.clock)
    laptop.open()
    return laptop, kernel


@pytest.mark.parametrize(
    "silent", [{"status": NO_SIGNAL}, {"timings": errno.ENOLINK}, {"timings": errno.ENOLCK}, {"contrast": 0}]
)
def test_a_grabber_without_a_laptop_says_so(silent: dict[str, int]) -> None:
    """By the input's status, by the timings on the cable, or because the picture is all of one colour."""
    laptop, _ = laptop_on(VideoDevice(HD, **silent))  # type: ignore[arg-type]
    with pytest.raises(MediaError) as failed:
        laptop.read()
    laptop.close()
    assert failed.value.reason is Reason.LAPTOP_SILENT


def test_a_grabber_that_is_gone_is_not_the_camera() -> None:
    """Its faults have words of their own."""
    device = VideoDevice(HD)
    laptop, _ = laptop_on(device)
    assert laptop.read().width == 1280
    device.is_plugged = False
    with pytest.raises(MediaError) as failed:
        laptop.read()
    assert failed.value.reason is Reason.LAPTOP_MISSING
    laptop.close()
    with pytest.raises(MediaError) as failed:
        laptop.open()
    assert failed.value.reason is Reason.LAPTOP_MISSING


def test_a_dark_slide_is_shown_for_a_moment_and_a_dark_laptop_is_not() -> None:
    """Three seconds of one colour."""
    device = VideoDevice({Pixels.YUYV: [(320, 180)]})
    laptop, _ = laptop_on(device)
    laptop.read()
    device.contrast = 0
    for _ in range(85):
        laptop.read()
    device.contrast = 60
    laptop.read()
    device.contrast = 0
    with pytest.raises(MediaError, match="one colour"):
        [laptop.read() for _ in range(100)]
    laptop.close()


def test_a_laptop_that_changes_its_resolution_is_followed() -> None:
    """The grabber's timings are looked at once a second."""
    device = VideoDevice(HD, timings=(1280, 720))
    laptop, _ = laptop_on(device)
    laptop.read()
    device.timings = (1920, 1080)
    for _ in range(40):
        laptop.read()
    assert len(device.log) == 2
    laptop.close()
