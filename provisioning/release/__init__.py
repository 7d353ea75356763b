"""Releases: bundles of our software, signed by people's keys, published as static files, rolled out in rings.

What a terminal does with them is `provisioning.update`, which knows nothing of private keys.
"""
