"""Made-up devices, files, and how real ones fail when they are not there."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from kiosk.contract.configuration import Media
from kiosk.contract.errors import MediaError, Reason
from kiosk.media.capture.choice import camera_of, microphone_of
from kiosk.media.capture.file import FileCamera, FileMicrophone
from kiosk.media.capture.microphone import TONE_HZ
from kiosk.media.capture.pattern import BAR_Y, ORANGE_YUV, PatternCamera
from kiosk.media.capture.planes import fitted, frame_from_i420, frame_from_lines, picture_of, plane_array
from kiosk.media.capture.source import SoundSource, VideoSource
from kiosk.runtime.frames import ColourMatrix, ColourRange


def test_the_pattern_has_an_orange_field_and_a_bar_that_moves() -> None:
    """What tests on screenshots and on the far side look for."""
    camera = PatternCamera(320, 180, 1000)
    camera.open()
    lefts = []
    for _ in range(3):
        frame = camera.read()
        luma = plane_array(frame, 0)
        bar = np.flatnonzero(luma[5, :320] == BAR_Y)
        assert len(bar) == 20
        lefts.append(bar[0])
    camera.close()
    assert sorted(lefts) == lefts
    middle = (luma[90, 200], plane_array(frame, 1)[45, 100], plane_array(frame, 2)[45, 100])
    assert middle == ORANGE_YUV


def test_planes_are_copied_by_their_strides() -> None:
    """A camera's stride is not PyAV's."""
    width, height, stride = 100, 51, 128
    data = np.zeros(stride * height + stride * 26, np.uint8)
    data[: stride * height].reshape(height, stride)[:, :width] = 7
    data[stride * height :].reshape(52, 64)[:, :50] = 9
    picture = picture_of(frame_from_i420(data, width, height, stride), 5)
    assert (picture.width, picture.height, picture.timestamp_ns) == (width, height, 5)
    luma = np.frombuffer(picture.planes[0], np.uint8).reshape(-1, picture.y_stride)
    chroma = np.frombuffer(picture.planes[2], np.uint8).reshape(-1, picture.uv_stride)
    assert (luma[:height, :width] == 7).all()
    assert (chroma[:26, :50] == 9).all()
    with pytest.raises(ValueError, match="reshape"):
        frame_from_i420(data[:-1], width, height, stride)


def test_colours_are_told_to_the_ring() -> None:
    """Limited BT.601 unless the picture says otherwise."""
    frame = av.VideoFrame(64, 64, "yuv420p")
    assert picture_of(frame)[6:] == (ColourRange.LIMITED, ColourMatrix.BT601)
    frame.color_range, frame.colorspace = 2, 1
    assert picture_of(frame)[6:] == (ColourRange.FULL, ColourMatrix.BT709)


def test_what_usb_cameras_give_becomes_i420() -> None:
    """YUYV with a padded stride, and full-range MJPEG."""
    line = np.array([200, 90, 100, 160] * 32 + [0] * 16, np.uint8)
    frame = fitted(frame_from_lines(np.tile(line, 36), 64, 36, len(line), "yuyv422"), 64, 36)
    assert frame.format.name == "yuv420p"
    assert plane_array(frame, 0)[0, :2].tolist() == [200, 100]
    assert (plane_array(frame, 1)[0, 5], plane_array(frame, 2)[0, 5]) == (90, 160)
    full = av.VideoFrame(64, 36, "yuvj420p")
    for index, value in enumerate((255, 128, 128)):
        plane_array(full, index)[:] = value
    assert plane_array(fitted(full, 32, 18), 0)[0, 0] == 235


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A second of video and half a second of sound."""
    path = tmp_path / "clip.mkv"
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=10)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        audio = container.add_stream("pcm_s16le", rate=44_100, layout="stereo")
        for number in range(10):
            frame = av.VideoFrame(64, 48, "yuv420p")
            for index in range(3):
                plane_array(frame, index)[:] = 20 * number + 30
            frame.pts, frame.time_base = number, Fraction(1, 10)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        sound = (np.sin(np.arange(22_050) * 2 * np.pi * 1000 / 44_100) * 9000).astype(np.int16)
        block = av.AudioFrame.from_ndarray(np.repeat(sound, 2).reshape(1, -1), format="s16", layout="stereo")
        block.sample_rate = 44_100
        container.mux(audio.encode(block))
        container.mux(audio.encode(None))
    return path


def test_a_video_file_is_scaled_and_starts_anew(clip: Path) -> None:
    """More pictures than the file has."""
    camera = FileCamera(clip, 128, 72, 1000)
    camera.open()
    frames = [camera.read() for _ in range(25)]
    camera.close()
    assert {(frame.width, frame.height, frame.format.name) for frame in frames} == {(128, 72, "yuv420p")}
    assert plane_array(frames[0], 0)[9, 9] == pytest.approx(plane_array(frames[20], 0)[9, 9], abs=2)


def test_a_sound_file_goes_on_without_end(clip: Path) -> None:
    """Blocks of 20 ms, mono, 48 kHz, of the tone in the file; longer than the file."""
    microphone = FileMicrophone(clip)
    microphone.open()
    blocks = [microphone.read() for _ in range(40)]
    microphone.close()
    assert {(block.shape, block.dtype) for block in blocks} == {((960,), np.dtype(np.int16))}
    sound = np.concatenate(blocks[:20])
    assert np.argmax(np.abs(np.fft.rfft(sound))) * 48_000 / len(sound) == pytest.approx(1000, abs=5)


def test_the_tone_is_one() -> None:
    """440 Hz, without a jump from block to block."""
    microphone = microphone_of(Media(microphone="tone"))
    microphone.open()
    sound = np.concatenate([microphone.read() for _ in range(5)])
    assert np.argmax(np.abs(np.fft.rfft(sound, 48_000))) == pytest.approx(TONE_HZ, abs=5)
    assert np.abs(np.diff(sound.astype(int))).max() < 400


def open_and_close(make: Callable[[], VideoSource | SoundSource]) -> None:
    source = make()
    try:
        source.open()
    finally:
        source.close()


@pytest.mark.parametrize("camera", ["none", "/dev/video99", "/dev/null", "missing.mp4", __file__, "picamera2"])
def test_a_camera_that_is_none_says_so(camera: str) -> None:
    """And can be closed all the same."""
    with pytest.raises(MediaError) as failed:
        open_and_close(camera_of(Media(camera=camera)).make)
    assert failed.value.reason is Reason.CAMERA_MISSING


@pytest.mark.parametrize("microphone", ["none", "missing.wav", "no such device"])
def test_a_microphone_that_is_none_says_so(microphone: str) -> None:
    """And can be closed all the same."""
    with pytest.raises(MediaError) as failed:
        open_and_close(lambda: microphone_of(Media(microphone=microphone)))
    assert failed.value.reason is Reason.MICROPHONE_MISSING


def test_a_file_without_the_right_stream_is_refused(clip: Path, tmp_path: Path) -> None:
    """A picture has no sound."""
    picture = tmp_path / "picture.png"
    with av.open(str(picture), "w", format="image2") as container:
        stream = container.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = 16, 16, "rgb24"
        container.mux(stream.encode(av.VideoFrame(16, 16, "rgb24")))
    with pytest.raises(MediaError, match="no audio"):
        FileMicrophone(picture).open()
