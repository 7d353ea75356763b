"""The robot partner's parts that need no network."""

from typing import cast

import av
import numpy as np
import pytest
from av.video.codeccontext import VideoCodecContext

from kiosk.contract.errors import ConfigurationError
from kiosk.desk.robot import picture
from kiosk.desk.robot.line import socket_address
from kiosk.desk.robot.loops import CAMERA_FPS, CAMERA_S, H264, SCREEN_FPS, SCREEN_S, VP8, Repertoire, encode_tone

DECODERS = {VP8: "libvpx", H264: "h264"}


@pytest.mark.parametrize("codec", [VP8, H264])
def test_picture_loops_decode_to_moving_pictures_of_the_right_colour(codec: str) -> None:
    """One picture out for each piece in, starting with a keyframe; ground and head bar are what they should be."""
    palette = picture.PALETTES[1]
    repertoire = Repertoire(palette)
    for loop, count, place, colour in (
        (repertoire.camera(codec), CAMERA_FPS * CAMERA_S, (20, 20), palette.ground),
        (repertoire.screen(codec), SCREEN_FPS * SCREEN_S, (30, 600), picture.SCREEN_HEAD),
    ):
        decoder = cast(VideoCodecContext, av.CodecContext.create(DECODERS[codec], "r"))
        frames = [frame for piece in loop.pieces for frame in decoder.decode(av.Packet(piece))]
        frames += decoder.decode(None)
        assert len(loop.pieces) == len(frames) == count
        first, middle = (frame.to_ndarray(format="rgb24").astype(int) for frame in (frames[0], frames[count // 4]))
        wanted = np.array([colour >> 16, colour >> 8 & 255, colour & 255])
        assert np.abs(first[place] - wanted).max() < 12
        assert np.abs(first - middle).max() > 50


def test_tone_is_one_second_of_opus() -> None:
    """20 ms a piece."""
    loop = encode_tone()
    assert (len(loop.pieces), loop.per_s, loop.ticks) == (50, 50, 960)


def test_desk_has_always_the_same_face() -> None:
    """So that people know robots apart."""
    assert picture.palette_for("youth-1") == picture.palette_for("youth-1")
    assert len({picture.palette_for(f"desk-{number}") for number in range(40)}) > 3


def test_socket_is_found_from_the_link() -> None:
    """The same server, the same token."""
    assert socket_address("http://127.0.0.1:8443/desk/abc.def#name=x") == "ws://127.0.0.1:8443/socket/abc.def"
    assert socket_address("https://desk.example.org/guest/abc") == "wss://desk.example.org/socket/abc"
    for wrong in ("ftp://x/desk/abc", "http://x/abc", "http://x/room/abc", "nonsense"):
        with pytest.raises(ConfigurationError):
            socket_address(wrong)
