"""Which disks may be overwritten, by a kernel's files made up in a folder."""

from pathlib import Path

import pytest

from kiosk.contract.errors import CardError
from provisioning.card import disks


class Kernel:
    """`/sys` and `/proc` with a card `sdb` of two partitions."""

    def __init__(self, place: Path) -> None:
        self.sys, self.proc = place / "sys", place / "proc"
        self.card = self.disk("sdb", "8:16", removable="1")
        self.part("sdb", "sdb1", "8:17")
        self.part("sdb", "sdb2", "8:18")
        self.mounted("254:0 / / rw - ext4 /dev/vda rw")
        self.write(self.proc / "swaps", "Filename Type Size Used Priority\n")

    def write(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def disk(self, name: str, number: str, removable: str = "0", size: int = 62333952, bus: str = "") -> Path:
        place = self.sys / "devices" / bus / name
        facts = {"dev": number, "removable": removable, "size": str(size), "ro": "0", "device/model": "SD  Reader"}
        for fact, text in facts.items():
            self.write(place / fact, f"{text}\n")
        self._linked(name, place)
        return place

    def part(self, disk: str, name: str, number: str) -> Path:
        place = self.sys / "devices" / disk / name
        self.write(place / "dev", f"{number}\n")
        self.write(place / "partition", "1\n")
        self._linked(name, place)
        return place

    def held(self, name: str, by: str, number: str) -> None:
        """As LUKS does."""
        place = self.disk(by, number)
        holders = (self.sys / "class/block" / name).resolve() / "holders"
        holders.mkdir()
        (holders / by).symlink_to(place)

    def mounted(self, *lines: str) -> None:
        self.write(self.proc / "self/mountinfo", "".join(f"{20 + i} 1 {line}\n" for i, line in enumerate(lines)))

    def _linked(self, name: str, place: Path) -> None:
        (self.sys / "class/block").mkdir(parents=True, exist_ok=True)
        (self.sys / "class/block" / name).symlink_to(place)

    def look(self, device: str = "/dev/sdb") -> disks.Disk:
        return disks.look(Path(device), self.sys, self.proc)


@pytest.fixture
def kernel(tmp_path: Path) -> Kernel:
    return Kernel(tmp_path)


def _refused(disk: disks.Disk, words: str) -> None:
    with pytest.raises(CardError, match=words):
        disks.check(disk)


def test_a_card_in_a_reader_may_be_written(kernel: Kernel) -> None:
    """Its size and model are known before it is asked for."""
    disk = kernel.look()
    disks.check(disk)
    assert (disk.model, disk.size) == ("SD  Reader", 62333952 * 512)


def test_the_slot_of_a_laptop_counts_its_memory_on_the_board_does_not(kernel: Kernel) -> None:
    """Both are mmcblk, and neither is removable to the kernel."""
    slot, board = kernel.disk("mmcblk0", "179:0"), kernel.disk("mmcblk1", "179:8")
    kernel.write(slot / "device/type", "SD\n")
    kernel.write(board / "device/type", "MMC\n")
    disks.check(kernel.look("/dev/mmcblk0"))
    _refused(kernel.look("/dev/mmcblk1"), "is a fixed disk; only removable ones are written")


def test_a_fixed_disk_is_refused(kernel: Kernel) -> None:
    """Also when nothing on it is in use."""
    kernel.disk("sda", "8:0")
    _refused(kernel.look("/dev/sda"), "fixed disk")


def test_a_disk_at_usb_is_written_where_it_was_named_as_one(kernel: Kernel) -> None:
    """An SSD in a case is fixed to the kernel; in this machine such a disk is refused, whatever was said."""
    kernel.disk("sda", "8:0", bus="pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block")
    kernel.disk("nvme0n1", "259:0", bus="pci0000:00/0000:00:1d.0/nvme/nvme0")
    kernel.disk("sdc", "8:32", bus="pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0/host4/target4:0:0/4:0:0:0/block")
    disk = kernel.look("/dev/sdc")
    _refused(disk, "is a fixed disk, at USB; if you mean this SD  Reader, say --fixed /dev/sdc")
    disks.check(disk, may_be_fixed=True)
    for name in ("sda", "nvme0n1"):
        with pytest.raises(CardError, match="is a fixed disk; only removable ones"):
            disks.check(kernel.look(f"/dev/{name}"), may_be_fixed=True)


def test_a_disk_at_usb_that_this_system_runs_from_is_refused(kernel: Kernel) -> None:
    """Or that is in use in any other way; the name changes nothing."""
    kernel.disk("sdc", "8:32", bus="pci0000:00/usb2/2-1/block")
    for line, words in (
        ("8:32 / / rw - ext4 /dev/sdc rw", "is the disk that this system runs from"),
        ("8:32 / /media/me/x rw - ext4 /dev/sdc rw", "unmount it first"),
    ):
        kernel.mounted(line)
        with pytest.raises(CardError, match=words):
            disks.check(kernel.look("/dev/sdc"), may_be_fixed=True)
    kernel.mounted("254:0 / / rw - ext4 /dev/vda rw")
    kernel.write(kernel.proc / "swaps", "Filename Type Size Used Priority\n/dev/sdc file 1 0 -2\n")
    with pytest.raises(CardError, match="swap space"):
        disks.check(kernel.look("/dev/sdc"), may_be_fixed=True)


def test_the_systems_own_disk_is_refused_as_such(kernel: Kernel) -> None:
    """By a partition of it, and through LUKS on that."""
    kernel.mounted("8:18 / / rw - ext4 /dev/sdb2 rw")
    _refused(kernel.look(), "is the disk that this system runs from")
    kernel.held("sdb2", "dm-0", "253:0")
    kernel.mounted("253:0 / /home rw - ext4 /dev/mapper/home rw")
    _refused(kernel.look(), "is the disk that this system runs from")


def test_what_is_mounted_is_refused_with_the_way_out(kernel: Kernel) -> None:
    """Desktops mount cards by themselves."""
    kernel.mounted(
        "8:17 / /media/me/boot\\040fs rw - vfat /dev/sdb1 rw", "8:18 / /media/me/rootfs rw - ext4 /dev/sdb2 rw"
    )
    _refused(
        kernel.look(), r"mounted at /media/me/boot fs, /media/me/rootfs: unmount it first \(umount /media/me/boot fs\)"
    )


def test_a_file_system_with_numbers_of_its_own_is_found_by_name(kernel: Kernel) -> None:
    """As btrfs."""
    kernel.mounted("0:31 / /mnt rw - btrfs /dev/sdb2 rw")
    _refused(kernel.look(), "mounted at /mnt")


def test_swap_and_what_lies_on_a_card_are_refused(kernel: Kernel) -> None:
    """Even where nothing of it is mounted."""
    kernel.write(kernel.proc / "swaps", "Filename Type Size Used Priority\n/dev/sdb2 partition 1 0 -2\n")
    _refused(kernel.look(), "swap space")
    kernel.write(kernel.proc / "swaps", "Filename Type Size Used Priority\n")
    kernel.held("sdb1", "dm-0", "253:0")
    _refused(kernel.look(), r"in use by dm-0 \(LUKS, LVM or RAID\)")


def test_an_empty_reader_and_a_slide_that_is_shut_are_told_apart(kernel: Kernel) -> None:
    """Both are common, and neither is a fault of the card."""
    kernel.write(kernel.card / "size", "0\n")
    _refused(kernel.look(), "has no card in it")
    kernel.write(kernel.card / "size", "62333952\n")
    kernel.write(kernel.card / "ro", "1\n")
    _refused(kernel.look(), "write-protected: look at the slide")


def test_a_partition_or_nothing_is_no_card(kernel: Kernel) -> None:
    """The whole card's name is said."""
    with pytest.raises(CardError, match="/dev/sdb1 is a partition: name the whole card, /dev/sdb"):
        kernel.look("/dev/sdb1")
    with pytest.raises(CardError, match="/dev/sdz is no disk; `lsblk` shows"):
        kernel.look("/dev/sdz")
