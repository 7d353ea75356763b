"""What of a plan's network both forms of NetworkManager's configuration need: interfaces, key, name servers."""

from kiosk.contract.errors import ConfigurationError
from provisioning import plan
from provisioning.card import passphrase
from provisioning.plan.model import Address, Network, Wifi, WifiSecurity

CABLE, RADIO = "eth0", "wlan0"
"""As a Raspberry Pi names its own."""


def name_servers(network: Network) -> tuple[Address, ...]:
    """Those that go with the address: a foreign kind of server needs an address of that kind.

    Raises:
        ConfigurationError: none does.
    """
    if network.address is None:
        return network.dns
    own = network.address.version
    found = tuple(one for one in network.dns if one.version == own)
    if not found:
        raise ConfigurationError(f"{network.address} needs a name server (`dns`) with an IPv{own} address")
    return found


def key_of(wifi: Wifi) -> str:
    """The hashed key of a network with one; empty for others.

    Raises:
        ConfigurationError: its file cannot be read, or holds no password.
    """
    if wifi.security is not WifiSecurity.PSK or wifi.password_file is None:
        return ""
    return passphrase.hashed(wifi.ssid, plan.secret(wifi.password_file))
