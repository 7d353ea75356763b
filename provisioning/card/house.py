"""What of a terminal's system belongs to its house and not to its network connection: proxy and time servers.

Files of Debian's own programs, the same on every release.
"""

from provisioning.plan.model import Network

_LOCAL = "localhost,127.0.0.1,::1"


def files(network: Network) -> dict[str, bytes]:
    """Path below the system's root, and content."""
    made: dict[str, str] = {}
    if network.proxy:
        # For every unit: enrolment and updates read the environment.
        words = f'"http_proxy={network.proxy}" "https_proxy={network.proxy}" "no_proxy={_LOCAL}"'
        made["etc/systemd/system.conf.d/60-rundtisch-proxy.conf"] = f"[Manager]\nDefaultEnvironment={words}\n"
        apt = f'Acquire::http::Proxy "{network.proxy}";\nAcquire::https::Proxy "{network.proxy}";\n'
        made["etc/apt/apt.conf.d/60rundtisch-proxy"] = apt
    if network.ntp:
        made["etc/systemd/timesyncd.conf.d/60-rundtisch.conf"] = f"[Time]\nNTP={' '.join(network.ntp)}\n"
    return {name: text.encode() for name, text in made.items()}
