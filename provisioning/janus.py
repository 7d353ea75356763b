"""A media server's configuration: Janus 1.1 with nothing but VideoRoom over WebSocket, which records and names nobody.

Writes files; starts nothing.
"""

import os
import secrets
import shutil
from pathlib import Path

from kiosk.contract.errors import ConfigurationError
from kiosk.contract.links import MediaServer
from kiosk.runtime.janus import LINGER_S
from provisioning import toml
from provisioning.authority import write_private

_PLUGINS = "audiobridge duktape echotest lua nosip recordplay sip streaming textroom videocall voicemail"
_TRANSPORTS = "http mqtt nanomsg pfunix rabbitmq"
_SESSION_S = 60
_NACK_QUEUE_MS = 500
"""So old a packet may be and still be sent again."""
_FEEDBACK_MS = 100
"""Between two reports on arrival times (transport-wide congestion control); Janus's default of 200 slows senders."""


def write(
    directory: Path,
    *,
    address: str,
    port: int,
    key: str = "",
    url: str = "",
    media_addresses: tuple[str, ...] = (),
    media_ports: str = "",
    certificate: tuple[Path, Path] | None = None,
    user: str = "",
) -> MediaServer:
    """The folder of one Janus, to be run as `command(directory)` says; returns what agents have to know of it.

    Args:
        directory: made where missing; only its owner may read it, since the key is in it.
        address: what the WebSocket is bound to.
        key: `admin_key`, without which nobody makes rooms; a new one where empty.
        url: under which terminals and pages reach it; default: address and port.
        media_addresses: of this machine, where media shall come and go; default: all it has.
        media_ports: `20000-40000`; default: any.
        certificate: PEM files of certificate and key, for `wss://` without a proxy in front.
        user: who will own the files; default: who calls.
    """
    key = key or secrets.token_hex(16)
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)
    files = {
        "janus.jcfg": _general(media_addresses, media_ports),
        "janus.transport.websockets.jcfg": _websockets(address, port, certificate),
        "janus.plugin.videoroom.jcfg": _video_room(key),
    }
    for name, text in files.items():
        write_private(directory / name, f"# Made by `provision`; see provisioning/janus.py.\n{text}".encode())
        if user:
            shutil.chown(directory / name, user)
    if user:
        shutil.chown(directory, user)
    scheme = "wss" if certificate else "ws"
    server = MediaServer(url=url or f"{scheme}://{address}:{port}", key=key)
    write_private(file_of(directory), toml.text(server).encode())
    return server


def file_of(directory: Path) -> Path:
    """What agents have to know of the Janus of this folder, for `provision media-server push`."""
    return directory / "media-server.toml"


def command(directory: Path) -> tuple[str, ...]:
    """What runs the Janus of this folder in the foreground. Raises ConfigurationError: it is not installed."""
    return (find_janus(), "-F", str(directory), "-C", str(directory / "janus.jcfg"), "--disable-colors")


def find_janus() -> str:
    """The path of Janus.

    Raises:
        ConfigurationError: it is not installed.
    """
    found = shutil.which("janus", path=f"{os.environ.get('PATH', '')}:/opt/janus/bin")
    if found is None:
        raise ConfigurationError(
            "janus is not installed: apt-get install janus (Debian 12 and Ubuntu have it; Debian 13 and Raspberry Pi OS"
            " do not, there it has to be built or run on another machine)"
        )
    return found


def _general(media_addresses: tuple[str, ...], media_ports: str) -> str:
    enforced = f'ice_enforce_list = "{",".join(media_addresses)}"' if media_addresses else ""
    ports = f'rtp_port_range = "{media_ports}"' if media_ports else ""
    return f"""\
general: {{
    debug_level = 2                    # errors; what is said above that level names addresses
    debug_timestamps = true
    debug_colors = false
    log_to_stdout = true
    admin_secret = "{secrets.token_hex(16)}"   # of an interface that is not open
    server_name = "rundtisch"
    hide_dependencies = true
    session_timeout = {_SESSION_S}
    reclaim_session_timeout = {LINGER_S}
    protected_folders = ["/"]
}}
media: {{
    min_nack_queue = {_NACK_QUEUE_MS}
    twcc_period = {_FEEDBACK_MS}
    {ports}
}}
nat: {{
    full_trickle = true
    {enforced}
}}
plugins: {{ disable = "{_libraries(_PLUGINS)}" }}
transports: {{ disable = "{_libraries(_TRANSPORTS)}" }}
loggers: {{ disable = "{_libraries("jsonlog")}" }}
events: {{ broadcast = false }}
"""


def _websockets(address: str, port: int, certificate: tuple[Path, Path] | None) -> str:
    kind = "wss" if certificate else "ws"
    pem = f'cert_pem = "{certificate[0]}"\n    cert_key = "{certificate[1]}"' if certificate else ""
    return f"""\
general: {{
    json = "compact"
    pingpong_trigger = 10
    pingpong_timeout = 5
    ws = {str(not certificate).lower()}
    wss = {str(bool(certificate)).lower()}
    {kind}_port = {port}
    {kind}_ip = "{address}"
    ws_logging = "none"
}}
admin: {{
    admin_ws = false
    admin_wss = false
}}
certificates: {{
    {pem}
}}
"""


def _video_room(key: str) -> str:
    return f"""\
general: {{
    admin_key = "{key}"
    lock_rtp_forward = true
    events = false
    string_ids = true
}}
"""


def _libraries(names: str) -> str:
    return ",".join(f"libjanus_{name}.so" for name in names.split())
