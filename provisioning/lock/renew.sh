#!/usr/bin/env bash
# Writes the two lock files anew from pyproject.toml: the newest releases its ranges allow, with every wheel's hash.
# Needs `uv` (pip install uv). The result installs with plain pip.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
lock() {
    env -u PIP_FIND_LINKS -u PIP_INDEX_URL -u PIP_EXTRA_INDEX_URL "${UV:-uv}" pip compile pyproject.toml \
        --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
        --custom-compile-command 'bash provisioning/lock/renew.sh' --quiet "$@" > /dev/null
}
lock --upgrade --output-file provisioning/lock/runtime.txt
lock --upgrade --extra tests --constraint provisioning/lock/runtime.txt --output-file provisioning/lock/tests.txt
