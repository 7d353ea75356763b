"""The machine on which the tests run: what the readers say of its own `/proc` and `/sys`, and what a look costs."""

import os
import socket
import time
from pathlib import Path

from device.broker.way import WayMeter
from device.health.network import NetworkReader
from device.health.power import PowerReader
from device.health.processes import MemoryReader, Returns
from device.health.processor import WorkReader
from device.health.storage import StorageReader
from device.health.tree import Tree

LOOK_MS = 50


def test_this_machine_is_read_without_a_lie(tmp_path: Path) -> None:
    """Whatever this kernel offers makes sense, and what it does not offer is unknown."""
    tree = Tree()
    work = WorkReader(tree)
    work.read()
    busy_until = time.process_time() + 0.05
    while time.process_time() < busy_until:
        pass
    seen = work.read()
    assert 0 < (seen.memory_available_mb or 0) < (seen.memory_total_mb or 0)
    assert 0 < (seen.use_pct or 0) <= 100
    assert seen.load_1m is not None
    own = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**20
    assert abs((seen.memory_total_mb or 0) - own) < 1
    memory = MemoryReader(tree, lambda: {"test": os.getpid()}).read()
    assert 10 < memory["test"] < 4000
    storage = StorageReader(tree, tmp_path).read()
    assert 0 < (storage.free_pct or 0) <= 100
    network = NetworkReader(tree).read()
    assert network.interface == "" or network.interface in os.listdir("/sys/class/net")
    assert -40 <= (PowerReader(tree, tmp_path).read().temperature_c or 0) <= 150
    Returns(tree, tmp_path)
    assert not tree.lies


def test_a_look_is_cheap(tmp_path: Path) -> None:
    """It happens once a minute; a Pi 4 is about six times slower than what this may take."""
    tree = Tree()
    readers = (
        WorkReader(tree),
        StorageReader(tree, tmp_path),
        NetworkReader(tree),
        PowerReader(tree, tmp_path),
        MemoryReader(tree, lambda: {"test": os.getpid()}),
    )
    for reader in readers:
        reader.read()
    begin_s = time.process_time()
    for _ in range(10):
        for reader in readers:
            reader.read()
    assert (time.process_time() - begin_s) * 1000 / 10 < LOOK_MS


def test_the_kernel_counts_a_connection() -> None:
    """Round trip and segments of a real TCP connection over loopback; a new one begins anew."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        for _ in range(2):
            meter = WayMeter()
            with socket.create_connection(server.getsockname()) as near, server.accept()[0] as far:
                assert meter.read(near) is not None
                for _ in range(50):
                    near.sendall(b"x")
                    far.recv(1)
                way = meter.read(near)
                assert way is not None
                assert 0 < way.round_trip_ms < 1000
                assert way.loss_pct == 0
        assert meter.read(near) is None
