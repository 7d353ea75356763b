"""A terminal's network for Raspberry Pi OS Trixie: cloud-init's `network-config`, which is a netplan file."""

from typing import Any

from provisioning.card import proof
from provisioning.card.addresses import CABLE, RADIO, key_of, name_servers
from provisioning.plan.model import Dot1x, Dot1xMethod, Network, Wifi, WifiSecurity

NAME = "network-config"


def network_config(network: Network, terminal: str) -> dict[str, Any]:
    """The file as a tree.

    Raises:
        ConfigurationError: a secret cannot be read.
    """
    found: dict[str, Any] = {"version": 2, "renderer": "NetworkManager"}
    addresses = _addresses(network)
    cable: dict[str, Any] = {"optional": True}
    if network.wifi:
        found["wifis"] = {RADIO: cable | addresses | _radio(network.wifi, network.dot1x, terminal)}
        return {"network": found}
    if network.dot1x:
        cable["auth"] = _auth(network.dot1x, terminal, "802.1x")
    if network.vlan is None:
        cable |= addresses
    else:
        cable |= {"dhcp4": False, "dhcp6": False}
        found["vlans"] = {f"{CABLE}.{network.vlan}": {"id": network.vlan, "link": CABLE} | addresses}
    found["ethernets"] = {CABLE: cable}
    return {"network": found}


def _addresses(network: Network) -> dict[str, Any]:
    if network.address is None:
        found: dict[str, Any] = {"dhcp4": True, "dhcp6": True}
    else:
        found = {"dhcp4": False, "dhcp6": False, "addresses": [str(network.address)]}
        if network.gateway:
            found["routes"] = [{"to": "default", "via": str(network.gateway)}]
    if servers := name_servers(network):
        found["nameservers"] = {"addresses": [str(one) for one in servers]}
    return found


def _radio(wifi: Wifi, dot1x: Dot1x | None, terminal: str) -> dict[str, Any]:
    point: dict[str, Any] = {"hidden": True} if wifi.is_hidden else {}
    if wifi.security is WifiSecurity.PSK:
        # Not within "auth": so both WPA2 and the change-over to WPA3 are allowed.
        point["password"] = key_of(wifi)
    elif wifi.security is WifiSecurity.ENTERPRISE and dot1x:
        point["auth"] = _auth(dot1x, terminal, "eap")
    else:
        point["auth"] = {"key-management": "none"}
    return {"regulatory-domain": wifi.country, "access-points": {wifi.ssid: point}}


def _auth(said: Dot1x, terminal: str, management: str) -> dict[str, Any]:
    method, identity, password = proof.of(said, terminal)
    found = {"key-management": management, "method": method.value, "identity": identity}
    found["ca-certificate"] = str(proof.CA)
    if method is Dot1xMethod.TLS:
        return found | {"client-certificate": str(proof.CERTIFICATE), "client-key": str(proof.KEY)}
    return found | {"phase2-auth": "mschapv2", "password": password}
