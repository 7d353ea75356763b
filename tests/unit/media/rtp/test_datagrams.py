"""All that waits in a socket comes at once, and is what Python itself would have said of it."""

import ctypes
import select
import socket
import time
from collections.abc import Iterator

import pytest

from kiosk.media.rtp.datagrams import MOST, SIZE_BYTES, Datagrams, stamp


@pytest.fixture(params=["127.0.0.1", "::1"])
def pair(request: pytest.FixtureRequest) -> Iterator[tuple[socket.socket, socket.socket]]:
    """Near and far, of either family."""
    family = socket.AF_INET6 if ":" in request.param else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as near, socket.socket(family, socket.SOCK_DGRAM) as far:
        for one in (near, far):
            one.bind((request.param, 0))
            one.setblocking(False)
        stamp(near)
        yield near, far


def test_each_has_its_bytes_its_sender_and_its_time(pair: tuple[socket.socket, socket.socket]) -> None:
    """Also where room is used again, and by shorter ones than before."""
    near, far = pair
    datagrams = Datagrams()
    assert datagrams.take(near.fileno()) == 0
    for sizes in ((900, 10, 1), (3, 1400)):
        before_s = time.time()
        for number, size in enumerate(sizes):
            far.sendto(bytes([number]) * size, near.getsockname())
        select.select([near], [], [], 5)
        assert datagrams.take(near.fileno()) == len(sizes)
        assert datagrams.lengths(len(sizes)) == list(sizes)
        for number, size in enumerate(sizes):
            assert bytes(datagrams.places[number][:size]) == bytes([number]) * size
            assert ctypes.string_at(datagrams.addresses[number], size) == bytes([number]) * size
            assert datagrams.address(number) == far.getsockname()
        stamps_s = datagrams.stamps_s(len(sizes), 0.0)
        assert len(stamps_s) == len(sizes)
        assert all(before_s - 0.01 <= stamp_s <= time.time() for stamp_s in stamps_s)


def test_more_than_there_is_room_for_comes_with_the_next_call(pair: tuple[socket.socket, socket.socket]) -> None:
    """One that is too long is cut, which its length shows."""
    near, far = pair
    datagrams = Datagrams()
    for number in range(MOST + 2):
        far.sendto(bytes([number]), near.getsockname())
    far.sendto(bytes(SIZE_BYTES + 100), near.getsockname())
    select.select([near], [], [], 5)
    assert datagrams.take(near.fileno()) == MOST
    assert datagrams.take(near.fileno()) == 3
    assert [datagrams.places[0][0], datagrams.places[1][0]] == [MOST, MOST + 1]
    assert datagrams.lengths(3) == [1, 1, SIZE_BYTES]
    assert datagrams.take(near.fileno()) == 0


def test_what_the_network_says_of_ours_is_an_error(pair: tuple[socket.socket, socket.socket]) -> None:
    """Nobody is there any more; after that it goes on."""
    near, far = pair
    near.connect(far.getsockname())
    far.close()
    near.send(b"?")
    select.select([near], [], [], 5)
    datagrams = Datagrams()
    with pytest.raises(ConnectionRefusedError):
        datagrams.take(near.fileno())
    assert datagrams.take(near.fileno()) == 0
