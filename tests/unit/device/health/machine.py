"""A machine made of files, as a Pi 4 with an eMMC looks to those who read `/proc` and `/sys`."""

from pathlib import Path

from device.broker.way import Way
from kiosk.contract.configuration import Configuration, Mqtt, Paths, Terminal
from kiosk.contract.wiring import PinFactory, Room

BOOT = "3c2b1a00-0000-4000-8000-000000000000"
FILES = {
    "proc/sys/kernel/random/boot_id": BOOT,
    "proc/loadavg": "0.52 0.41 0.30 1/234 5678",
    "proc/stat": "cpu  100 0 100 700 100 0 0 0 0 0\ncpu0 1 2 3 4 5 6 7 8 9 0",
    "proc/meminfo": "MemTotal:        2000000 kB\nMemFree:          1000 kB\nMemAvailable:    1000000 kB",
    "proc/pressure/cpu": "some avg10=1.00 avg60=2.50 avg300=0.00 total=1\nfull avg10=0 avg60=0 avg300=0 total=0",
    "proc/pressure/memory": "some avg10=0.00 avg60=0.00 avg300=0.00 total=0",
    "proc/pressure/io": "some avg10=0.00 avg60=1.25 avg300=0.00 total=0",
    "proc/net/route": (
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
        "eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
        "eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0"
    ),
    "proc/net/arp": (
        "IP address       HW type     Flags       HW address            Mask     Device\n"
        "192.168.1.1      0x1         0x2         02:00:00:00:00:01     *        eth0"
    ),
    "proc/asound/cards": " 0 [Jabra          ]: USB-Audio - Jabra Speak 510",
    "sys/class/net/eth0/operstate": "up",
    "sys/class/net/eth0/speed": "1000",
    "sys/class/net/eth0/device/uevent": "x",
    "sys/class/net/lo/operstate": "unknown",
    "sys/class/thermal/thermal_zone0/temp": "54321",
    "sys/devices/platform/soc/soc:firmware/get_throttled": "0",
    "sys/class/hwmon/hwmon1/name": "rpi_volt",
    "sys/class/hwmon/hwmon1/in0_lcrit_alarm": "0",
    "sys/block/mmcblk0/device/life_time": "0x01 0x03",
    "sys/block/mmcblk0/device/pre_eol_info": "0x01",
    "sys/block/mmcblk0/stat": "1 2 3 4 5 6 2000000 8 9 10 11",
    "sys/fs/ext4/mmcblk0p2/lifetime_write_kbytes": "50000000",
    "sys/class/video4linux/video0/name": "unicam-image",
    "sys/class/input/input3/capabilities/abs": "260800000000003",
    "sys/fs/cgroup/system.slice/kiosk-media.service/memory.stat": "anon 104857600\nfile 5",
}


class Machine:
    """`root` is what a `Tree` reads; files are changed and taken away by the test."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for path, text in FILES.items():
            self.say(path, text)

    def say(self, path: str, text: str) -> None:
        """The file says this from now on."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")

    def take(self, path: str) -> None:
        """The file is gone."""
        (self.root / path).unlink()


class Broker:
    """One that is there."""

    trouble = ""

    def way(self) -> Way:
        return Way(round_trip_ms=1)


def configuration_in(folder: Path) -> Configuration:
    """Of a terminal that keeps everything in this folder."""
    return Configuration(
        terminal=Terminal(name="site.room", room="Room"),
        mqtt=Mqtt(host="h", ca_file=folder, certificate_file=folder),
        room=Room(pin_factory=PinFactory.MOCK),
        paths=Paths(runtime_directory=folder, state_directory=folder),
    )
