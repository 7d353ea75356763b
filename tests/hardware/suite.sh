#!/bin/bash
# The room's tests, in the simulator that boot.sh started: those of conformance, and those that only a kernel's lines show.
exec .venv/bin/python -m pytest -q -p no:cacheprovider -p no:xdist -m 'not hardware' \
    tests/conformance/test_room*.py tests/hardware "$@"
