"""What can be a name or address of a machine, and what a slip of a finger."""

import pytest

from provisioning.host import is_host, is_url


@pytest.mark.parametrize(
    "text", ["a", "central.example.org", "x-1.example", "3com.example", "192.0.2.8", "2001:db8::8"]
)
def test_names_and_addresses_are_hosts(text: str) -> None:
    """Of both families."""
    assert is_host(text)


@pytest.mark.parametrize(
    "text",
    ["", "..", "a..b", "a.", "-a", "a-", "a b", "a_b", "ä.example", "host:8883", "2001:db8::zz", "fe80::1%eth0",
     "1.2.3", "1.2.3.4.5", "*.example.org", f"{'x' * 64}.example", ".".join(["x" * 60] * 5)],
)  # fmt: skip
def test_what_no_name_server_would_be_asked_for_is_none(text: str) -> None:
    """Ports, umlauts, and addresses with a sign too few."""
    assert not is_host(text)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("https://desk.example.org", True),
        ("https://[2001:db8::8]:8444/", True),
        ("http://desk.example.org", False),
        ("https://", False),
        ("https://a..b", False),
        ("https://a:99999", False),
        ("https://a:b", False),
        ("https://a:0", False),
        ("https://[::1", False),
    ],
)
def test_an_address_of_the_web_has_a_host_and_a_port_that_can_be(text: str, is_one: bool) -> None:
    """Whatever urllib makes of it."""
    assert is_url(text, "https") is is_one
