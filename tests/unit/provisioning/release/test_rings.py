"""Rings: who comes first is fixed, and about as many as the ring says."""

from provisioning.release import rings

TERMINALS = [f"site-{site}.room-{room}" for site in range(100) for room in range(100)]


def test_a_terminal_keeps_its_place() -> None:
    """A known value: were it another, terminals would change their rings with a new version."""
    assert rings.place("rathaus.zimmer-2") == 69.37


def test_rings_are_as_large_as_they_say() -> None:
    for ring in rings.RINGS:
        share = sum(rings.is_in(name, ring) for name in TERMINALS) / len(TERMINALS) * 100
        assert abs(share - ring) < max(0.4, ring * 0.05)


def test_each_ring_has_those_before_it_in_it() -> None:
    for name in TERMINALS[:500]:
        assert [rings.is_in(name, ring) for ring in rings.RINGS] == sorted(
            rings.is_in(name, ring) for ring in rings.RINGS
        )
        assert rings.is_in(name, rings.ring_of(name))
