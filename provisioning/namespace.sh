#!/usr/bin/env bash
# namespace.sh COMMAND…: runs it in a network namespace of its own. Nothing leaves the machine, and there is an address
# beside 127.0.0.1 (which ICE does not offer): near0 10.99.0.1/24, with a cable to far0 10.99.0.2/24 in a second namespace:
#     nsenter -t "$RUNDTISCH_FAR_PID" -n COMMAND…
# COMMAND takes this process's place, so its exit code and signals are its own; the rest dies with it.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

say() { printf 'namespace: %s\n' "$*" >&2; }

refused() {
    say "this system does not let $(id -un) make a network namespace with a cable in it."
    if [ "$(id -u)" = 0 ]; then
        say "In a container: start it with  --cap-add SYS_ADMIN --cap-add NET_ADMIN  (or --privileged)."
    elif [ "$(cat /proc/sys/kernel/apparmor_restrict_unprivileged_userns 2> /dev/null)" = 1 ]; then
        say "Ubuntu keeps it from users. Allow it until the next start of the machine, then try again:"
        say "    sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
    else
        say "Allow it until the next start of the machine, then try again (or run this as root):"
        say "    sudo sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000"
    fi
    exit 1
}

enter() { # first life: outside, as the caller
    local unshare=(unshare --net)
    [ "$(id -u)" = 0 ] || unshare=(unshare --map-root-user --net)
    "${unshare[@]}" sh -c 'ip link set lo up && ip link add name near0 type veth peer name far0' 2> /dev/null || refused
    exec "${unshare[@]}" bash "${BASH_SOURCE[0]}" --inside "$@"
}

start_far_side() { # its keeper sleeps in the second namespace until COMMAND, then its parent, is gone
    # A session of its own, lest Ctrl-C at the terminal cut the cable while COMMAND is still tidying up.
    setsid unshare --net setpriv --pdeathsig KILL sleep infinity < /dev/null > /dev/null 2>&1 &
    RUNDTISCH_FAR_PID=$!
    local here
    here=$(readlink /proc/self/ns/net)
    until [ "$(cat "/proc/$RUNDTISCH_FAR_PID/comm" 2> /dev/null)" = sleep ]; do
        kill -0 "$RUNDTISCH_FAR_PID" 2> /dev/null || { say "the far side did not start"; exit 1; }
        read -rt 0.005 <> <(:) || true
    done
    [ "$(readlink "/proc/$RUNDTISCH_FAR_PID/ns/net")" != "$here" ] || { say "the far side is not apart"; exit 1; }
    export RUNDTISCH_FAR_PID
}

lay_cable() {
    ip link set lo up
    ip link add name near0 type veth peer name far0 netns "$RUNDTISCH_FAR_PID"
    ip address add 10.99.0.1/24 dev near0
    ip link set near0 up
    nsenter -t "$RUNDTISCH_FAR_PID" -n sh -c \
        'ip link set lo up && ip address add 10.99.0.2/24 dev far0 && ip link set far0 up'
    for _ in {1..300}; do # the kernel takes up to a second to notice the carrier, and drops packets until then
        if is_up near0 && is_up far0 nsenter -t "$RUNDTISCH_FAR_PID" -n; then return; fi
        read -rt 0.01 <> <(:) || true
    done
    say "the cable to the far side does not come up"
    exit 1
}

is_up() { # DEVICE [PREFIX…]
    local device=$1
    shift
    "$@" ip -o link show "$device" | grep -q 'state UP'
}

[ $# -gt 0 ] || { say "usage: namespace.sh COMMAND…"; exit 2; }
if [ "$1" != --inside ]; then
    enter "$@"
fi
shift
start_far_side
lay_cable
exec "$@"
