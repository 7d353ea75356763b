"""A room's network on its card: netplan makes NetworkManager's files of ours, and they say what Bookworm's say."""

import configparser
import os
import re
from ipaddress import ip_address, ip_interface
from pathlib import Path
from typing import Any

import pytest
import yaml

from kiosk.contract.errors import ConfigurationError
from provisioning.card import house, keyfile, netplan, passphrase, proof
from provisioning.plan.model import Dot1x, Dot1xMethod, Network, Wifi, WifiSecurity
from tests.unit.provisioning.card.conftest import run

NAME = "rathaus.zimmer-2"
PASSPHRASE = "geheimes Wort; mit \\ darin"


@pytest.fixture
def networks(tmp_path: Path) -> dict[str, Network]:
    """Of every kind one."""
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    (tmp_path / "certificate.pem").write_text("-----BEGIN CERTIFICATE-----\nours\n")
    (tmp_path / "key.pem").write_text("-----BEGIN PRIVATE KEY-----\n")
    (tmp_path / "password").write_text(PASSPHRASE + "\n")
    (tmp_path / "password").chmod(0o600)
    ca, password = tmp_path / "ca.pem", tmp_path / "password"
    keys: dict[str, Any] = {"certificate_file": tmp_path / "certificate.pem", "key_file": tmp_path / "key.pem"}
    tls = Dot1x(method=Dot1xMethod.TLS, identity="{name}", ca_file=ca, **keys)
    peap = Dot1x(method=Dot1xMethod.PEAP, identity="host {name}", ca_file=ca, password_file=password)
    four, six = ip_address("192.0.2.53"), ip_address("2001:db8::53")
    wifi = Wifi(ssid="Haus; 1", password_file=password, country="AT", is_hidden=True)
    return {
        "dhcp": Network(),
        "static": Network(address=ip_interface("192.0.2.9/24"), gateway=ip_address("192.0.2.1"), dns=(four, six)),
        "six": Network(address=ip_interface("2001:db8::9/64"), gateway=ip_address("2001:db8::1"), dns=(six,)),
        "vlan": Network(vlan=120, dot1x=tls),
        "peap": Network(dot1x=peap, dns=(four,)),
        "wifi": Network(wifi=wifi),
        "guest": Network(wifi=Wifi(ssid="Gast", security=WifiSecurity.OPEN)),
        "enterprise": Network(wifi=Wifi(ssid="Haus", security=WifiSecurity.ENTERPRISE), dot1x=tls),
    }


KINDS = ["dhcp", "static", "six", "vlan", "peap", "wifi", "guest", "enterprise"]


def _parsed(text: str) -> dict[str, dict[str, str]]:
    parser = configparser.RawConfigParser(delimiters=("=",), interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    return {name: dict(parser[name]) for name in parser.sections()}


def _by_netplan(tree: dict[str, Any], place: Path) -> dict[str, dict[str, dict[str, str]]]:
    """What netplan makes of it, by the name of the interface."""
    file = place / "etc/netplan/50-cloud-init.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(yaml.safe_dump(tree))
    file.chmod(0o600)
    run("netplan", "generate", "--root-dir", place)
    made = (place / "run/NetworkManager/system-connections").iterdir()
    found = [_parsed(path.read_text()) for path in made]
    return {sections["connection"]["interface-name"]: sections for sections in found}


def _meaning(sections: dict[str, dict[str, str]]) -> dict[tuple[str, str], str]:
    """What both have to say, in one form."""
    found = {(name, key): value for name, values in sections.items() for key, value in values.items()}
    for family in ("ipv4", "ipv6"):
        gateway = found.pop((family, "route1"), "").partition(",")[2]
        if gateway:
            found[family, "address1"] += f",{gateway}"
    if (ssid := found.get(("wifi", "ssid"), "")).endswith(";"):
        found["wifi", "ssid"] = bytes(int(one) for one in ssid.split(";")[:-1]).decode()
    kept = re.compile(r"type|address1|dns|ssid|hidden|mode|key-mgmt|psk|eap|.*-cert|private-key|phase2-auth|id|parent")
    return {
        (section, key): value.replace("\\s", " ").replace("\\\\", "\\")
        for (section, key), value in found.items()
        if (kept.fullmatch(key) and (section, key) != ("connection", "id")) or key in ("identity", "password")
    }


@pytest.mark.parametrize("kind", KINDS)
def test_both_systems_get_the_same_network(networks: dict[str, Network], tmp_path: Path, kind: str) -> None:
    """Trixie's by way of netplan, Bookworm's as we write it."""
    network = networks[kind]
    theirs = _by_netplan(netplan.network_config(network, NAME), tmp_path / "root")
    ours = {
        sections["connection"]["interface-name"]: sections
        for sections in map(_parsed, keyfile.connections(network, NAME).values())
    }
    assert {name: _meaning(sections) for name, sections in ours.items()} == {
        name: _meaning(sections) for name, sections in theirs.items()
    }


def test_an_address_of_ones_own_comes_with_its_way_out(networks: dict[str, Network]) -> None:
    """Only name servers that such an address can reach; NetworkManager refuses the others."""
    made = _parsed(keyfile.connections(networks["static"], NAME)["rundtisch.nmconnection"])
    assert made["ipv4"] == {"method": "manual", "address1": "192.0.2.9/24,192.0.2.1", "dns": "192.0.2.53;"}
    assert made["ipv6"] == {"method": "link-local"}
    alone = Network(address=ip_interface("192.0.2.9/24"), dns=(ip_address("2001:db8::53"),))
    with pytest.raises(ConfigurationError, match="needs a name server"):
        keyfile.connections(alone, NAME)


def test_a_passphrase_is_on_no_card(networks: dict[str, Network]) -> None:
    """Only the key that comes of it, which opens this one network."""
    for text in (
        *keyfile.connections(networks["wifi"], NAME).values(),
        str(netplan.network_config(networks["wifi"], NAME)),
    ):
        assert "geheim" not in text
        assert re.search(r"\b[0-9a-f]{64}\b", text)


def test_the_key_is_that_of_the_standard() -> None:
    """IEEE 802.11, annex J.4.2, test case 1; a key that is hashed already stays."""
    key = passphrase.hashed("IEEE", "password")
    assert key == "f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e"
    assert passphrase.hashed("other", key.upper()) == key
    with pytest.raises(ConfigurationError, match="8 to 63 plain characters") as refused:
        passphrase.hashed("IEEE", "kürzer")
    assert "kürzer" not in refused.value.detail


def test_what_proves_the_terminal_is_its_own(networks: dict[str, Network]) -> None:
    """Its name where the plan has a place for it; files under the names that the configuration gives."""
    proven = proof.files(networks["vlan"].dot1x)
    assert sorted(proven) == ["ca.pem", "certificate.pem", "key.pem"]
    assert f"identity={NAME}\n" in keyfile.connections(networks["vlan"], NAME)["rundtisch.nmconnection"]
    assert sorted(proof.files(networks["peap"].dot1x)) == ["ca.pem"]
    assert proof.files(None) == {}


def test_a_certificate_in_place_of_a_key_is_noticed(networks: dict[str, Network], tmp_path: Path) -> None:
    """Before the card is written, not in front of the switch."""
    (tmp_path / "key.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    with pytest.raises(ConfigurationError, match=r"key\.pem: is no PEM file with PRIVATE KEY"):
        proof.files(networks["vlan"].dot1x)
    os.unlink(tmp_path / "key.pem")
    with pytest.raises(ConfigurationError, match=r"key\.pem: No such file"):
        proof.files(networks["vlan"].dot1x)


def test_proxy_and_clock_are_those_of_the_house() -> None:
    """For all units, for apt, and for Debian's own time service; without them no file."""
    made = house.files(Network(proxy="http://proxy.example.org:3128", ntp=("ntp-1.example.org", "192.0.2.4")))
    units = made["etc/systemd/system.conf.d/60-rundtisch-proxy.conf"].decode()
    assert '"https_proxy=http://proxy.example.org:3128" "no_proxy=localhost,127.0.0.1,::1"' in units
    assert b"Acquire::https::Proxy" in made["etc/apt/apt.conf.d/60rundtisch-proxy"]
    assert made["etc/systemd/timesyncd.conf.d/60-rundtisch.conf"] == b"[Time]\nNTP=ntp-1.example.org 192.0.2.4\n"
    assert house.files(Network()) == {}
