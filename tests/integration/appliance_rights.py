"""What each unit of ours may: whatever else a burglar in it comes by is a hole. See `appliance_probe`."""

from fnmatch import fnmatchcase

from msgspec import Struct

from tests.fakes.appliance_probe import Loot

SECRETS = {
    "/boot/firmware/network-config": "password: of the wireless network",
    "/etc/NetworkManager/system-connections/rundtisch.nmconnection": "psk=of the wireless network",
    "/etc/credstore/plain": "a credential of the house's own",
    "/etc/netplan/50-cloud-init.yaml": "password: of the wireless network",
    "/etc/rundtisch/network/key.pem": "of the switch",
    "/var/lib/cloud/seed/nocloud/network-config": "password: of the wireless network",
    "/var/lib/rundtisch-enrolment/next-key.pem": "that waits for its certificate",
}
"""Put where a terminal may have them, beside those that it really has."""
_NO_SECRET = (
    *("/etc/.pwd.lock", "/etc/security/opasswd", "/run/burglars/*", "/run/firstboot", "/var/lib/apt/*"),
    *("/var/lib/dpkg/*", "/var/cache/*", "/var/log/*", "/run/log/*", "/run/systemd/*"),
    *("/etc/shadow*", "/etc/gshadow*"),  # nobody has a password
)
"""For root alone out of habit; every unit of root's may read it."""
_REFUSALS = {"EPERM", "EACCES", "EROFS", "ENOENT", "EAFNOSUPPORT", "ECONNREFUSED", "not there"}
_DRIVERLESS = "ENXIO"
"""A device was opened, and there is no driver behind it."""


class Rights(Struct, frozen=True, kw_only=True):
    """Of one unit; files by pattern."""

    tries: frozenset[str] = frozenset()
    files: tuple[str, ...] = ()
    """Both read and, sockets, reached."""
    writes: frozenset[str] = frozenset()
    memory: frozenset[str] = frozenset()
    """Beside its own: of units with the same user."""
    is_root: bool = False


_NETWORK = frozenset({"send", "send-6"})
_SOUND = frozenset({"kiosk-sound.service", "kiosk-sound-clients.service", "kiosk-sound-devices.service"})
_ROOT = frozenset({"systemd", "see-init"})
"""Root's units have none of its powers, but systemd obeys them, and they see that its processes are there."""
_KEY = ("/etc/credstore.encrypted/mqtt-key", "/var/lib/systemd/credential.secret", "/var/lib/rundtisch-enrolment/*")
_KEPT = frozenset({"/etc/rundtisch", "/etc/credstore.encrypted", "/etc/systemd/system/kiosk-device.service.d"})
_ENROLMENT = _KEPT | {"/run/rundtisch", "/var/lib/rundtisch-enrolment"}
_VERSIONS = frozenset({"/opt/rundtisch", "/run/rundtisch/update", "/var/lib/rundtisch-update"})

TERMINAL_RIGHTS = {
    "kiosk-device.service": Rights(
        tries=_NETWORK | {"wires", "own-key", "signal-agent"},
        # The compositor, to turn its output off. Media's pictures: the file says yes to its group, media does not.
        files=("/run/credentials/*", "/run/rundtisch/*", "/run/rundtisch-ui/*", "/var/lib/rundtisch/*"),
        writes=frozenset({"/run/rundtisch/device", "/run/rundtisch/update", "/var/lib/rundtisch"}),
    ),
    "kiosk-media.service": Rights(
        tries=_NETWORK | {"camera"},
        files=("/run/rundtisch-sound/*", "/run/rundtisch/frames.sock", "/run/rundtisch/media.sock"),
    ),
    "kiosk-ui.service": Rights(
        tries=frozenset({"screen", "X", "pictures"}),
        files=("/run/rundtisch-ui/*", "/run/rundtisch/frames.sock", "/run/rundtisch/ui.sock", "/run/seatd.sock"),
    ),
    "kiosk-sound.service": Rights(tries=frozenset({"sound-card"}), files=("/run/rundtisch-sound/*",), memory=_SOUND),
    "kiosk-sound-devices.service": Rights(
        tries=frozenset({"sound-card"}),
        files=("/run/rundtisch-sound/*",),
        writes=frozenset({"/run/rundtisch-sound"}),
        memory=_SOUND,
    ),
    "kiosk-sound-clients.service": Rights(
        files=("/run/rundtisch-sound/*",), writes=frozenset({"/run/rundtisch-sound"}), memory=_SOUND
    ),
    "kiosk-firstboot.service": Rights(
        tries=_NETWORK | _ROOT | {"card"}, files=(*_KEY, "/boot/*"), writes=_ENROLMENT | {"/boot"}, is_root=True
    ),
    "kiosk-renew.service": Rights(tries=_NETWORK | _ROOT, files=_KEY, writes=_ENROLMENT, is_root=True),
    "kiosk-update.service": Rights(tries=_NETWORK | _ROOT, writes=_VERSIONS, is_root=True),
    "kiosk-probation.service": Rights(tries=_ROOT, writes=_VERSIONS, is_root=True),
    "kiosk-rollback.service": Rights(tries=_ROOT, writes=_VERSIONS, is_root=True),
    "kiosk-restart.service": Rights(tries=_ROOT, writes=frozenset({"/run/rundtisch/update"}), is_root=True),
    "kiosk-out-of-service.service": Rights(),
    "kiosk-again.service": Rights(),
}


_BROKER = _NETWORK | {"own-key"}
CENTRAL_RIGHTS = {
    "kiosk-desk.service": Rights(tries=_BROKER, files=("/run/credentials/*",)),
    "kiosk-enrolment.service": Rights(
        tries=_BROKER,
        files=("/run/credentials/*", "/etc/rundtisch/enrolment/*", "/var/lib/rundtisch-enrolment/*"),
        writes=frozenset({"/var/lib/rundtisch-enrolment"}),
    ),
    "kiosk-relays.service": Rights(tries=_BROKER, files=("/run/credentials/*",)),
    "kiosk-releases.service": Rights(
        files=("/var/lib/rundtisch-releases/*",), writes=frozenset({"/var/lib/rundtisch-releases"})
    ),
    "kiosk-rollout.service": Rights(
        tries=_BROKER,
        files=("/run/credentials/*", "/var/lib/rundtisch-releases/*"),
        writes=frozenset({"/var/lib/rundtisch-releases"}),
    ),
    "kiosk-revocations.service": Rights(
        files=("/run/credentials/*", "/etc/mosquitto/rundtisch/*"), writes=frozenset({"/etc/mosquitto/rundtisch"})
    ),
}


def holes(unit: str, rights: Rights, loot: Loot) -> dict[str, object]:
    """What is open and should not be, and what is shut and should not be."""
    files = (*rights.files, *(_NO_SECRET if rights.is_root else ()))
    shared = {"/dev/shm", *(["/dev/hugepages"] if rights.is_root else [])}  # everybody's; all of root
    tried = {name for name, said in loot.tried.items() if said in ("ok", _DRIVERLESS)}
    found = {
        "tries": sorted(tried ^ rights.tries),
        "no refusals": sorted({loot.tried[name] for name in loot.tried.keys() - tried} - _REFUSALS),
        "files": [name for name in (*loot.readable, *loot.sockets) if not _is_any(name, files)],
        "writes": sorted(set(loot.writable) - shared ^ rights.writes),
        "memory": sorted(set(loot.memory) - {unit} - rights.memory),
    }
    return {kind: what for kind, what in found.items() if what}


def _is_any(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
