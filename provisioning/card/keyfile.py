"""A terminal's network for Raspberry Pi OS Bookworm: files of NetworkManager, nm-settings-keyfile(5)."""

from provisioning.card import proof
from provisioning.card.addresses import CABLE, RADIO, key_of, name_servers
from provisioning.plan.model import Dot1x, Dot1xMethod, Network, Wifi, WifiSecurity

SUFFIX = ".nmconnection"
_Sections = dict[str, dict[str, str]]


def connections(network: Network, terminal: str) -> dict[str, str]:
    """File name and content of each.

    Raises:
        ConfigurationError: a secret cannot be read.
    """
    addresses = _addresses(network)
    proven: _Sections = {"802-1x": _proof(network.dot1x, terminal)} if network.dot1x else {}
    if network.wifi:
        is_proven = network.wifi.security is WifiSecurity.ENTERPRISE
        radio = _head("rundtisch", "wifi", RADIO) | _radio(network.wifi)
        made = {"rundtisch": radio | (proven if is_proven else {}) | addresses}
    elif network.vlan is None:
        made = {"rundtisch": _head("rundtisch", "ethernet", CABLE) | proven | addresses}
    else:
        nothing = {"ipv4": {"method": "disabled"}, "ipv6": {"method": "disabled"}}
        tagged = {"vlan": {"id": str(network.vlan), "parent": CABLE}}
        made = {
            "rundtisch": _head("rundtisch", "ethernet", CABLE) | proven | nothing,
            "rundtisch-vlan": _head("rundtisch-vlan", "vlan", f"{CABLE}.{network.vlan}") | tagged | addresses,
        }
    return {f"{name}{SUFFIX}": _text(sections) for name, sections in made.items()}


def _text(sections: _Sections) -> str:
    return "\n".join(
        f"[{name}]\n" + "".join(f"{key}={value}\n" for key, value in values.items())
        for name, values in sections.items()
    )


def _head(name: str, kind: str, interface: str) -> _Sections:
    return {"connection": {"id": name, "type": kind, "interface-name": interface, "autoconnect-priority": "10"}}


def _proof(said: Dot1x, terminal: str) -> dict[str, str]:
    method, identity, password = proof.of(said, terminal)
    found = {"eap": method.value, "identity": _plain(identity), "ca-cert": str(proof.CA)}
    if method is Dot1xMethod.TLS:
        # 4: the key has no password, and none is to be asked for.
        flags = {"private-key-password-flags": "4"}
        return found | {"client-cert": str(proof.CERTIFICATE), "private-key": str(proof.KEY)} | flags
    return found | {"phase2-auth": "mschapv2", "password": _plain(password)}


def _radio(wifi: Wifi) -> _Sections:
    # Bytes, since a name may hold what separates in these files.
    found: _Sections = {"wifi": {"mode": "infrastructure", "ssid": "".join(f"{one};" for one in wifi.ssid.encode())}}
    if wifi.is_hidden:
        found["wifi"]["hidden"] = "true"
    if wifi.security is WifiSecurity.PSK:
        found["wifi-security"] = {"key-mgmt": "wpa-psk", "psk": key_of(wifi)}
    elif wifi.security is WifiSecurity.ENTERPRISE:
        found["wifi-security"] = {"key-mgmt": "wpa-eap"}
    return found


def _addresses(network: Network) -> _Sections:
    found: _Sections = {"ipv4": {"method": "auto"}, "ipv6": {"method": "auto"}}
    if network.address:
        is_six = network.address.version == 6
        own, other = ("ipv6", "ipv4") if is_six else ("ipv4", "ipv6")
        gateway = f",{network.gateway}" if network.gateway else ""
        found[own] = {"method": "manual", "address1": f"{network.address}{gateway}"}
        found[other] = {"method": "disabled" if is_six else "link-local"}
    for section, version in (("ipv4", 4), ("ipv6", 6)):
        if servers := [one for one in name_servers(network) if one.version == version]:
            found[section]["dns"] = "".join(f"{one};" for one in servers)
    return found


def _plain(text: str) -> str:
    """A value may not lose its spaces, nor have its backslashes taken for signs."""
    return text.replace("\\", "\\\\").replace(" ", "\\s")
