#!/usr/bin/env bash
# Rundtisch on this machine: sets it up, then runs a miniature installation with robots as partners. Ctrl-C ends it.
# --headless plays a whole visit without a window; --help lists all options.
set -euo pipefail
started=$EPOCHREALTIME
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
bash "$root/provisioning/setup.sh" runtime
export RUNDTISCH_DEMO_STARTED=$started RUNDTISCH_DEMO_SET_UP=$EPOCHREALTIME
export PYTHONPATH=$root${PYTHONPATH:+:$PYTHONPATH}
demo=("$root/.venv/bin/python" -m provisioning.demo "$@")
for option in "$@"; do
    case $option in
        -h | --help) break ;;
        --headless) exec bash "$root/provisioning/namespace.sh" "${demo[@]}" ;;
    esac
done
exec "${demo[@]}"
