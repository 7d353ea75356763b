#!/usr/bin/env bash
# boot.sh DISK LAYERS NETWORK OPTION…: boots a machine with systemd-nspawn, to which the options go; it dies with this process,
# however that ends. Needs root.
# DISK is a folder with `upper`, which holds what is written; LAYERS are those of root.sh; NETWORK is a network namespace
# (/proc/PID/ns/net). What the machine says goes to standard output; SIGTERM to systemd-nspawn, this process's child,
# switches the machine off in good order.
#
# Its systemd has no controllers of resources, so MemoryMax=, CPUWeight= and TasksMax= are read but hold nothing here; the
# rest of a unit's sandbox does: users, namespaces, seccomp, capabilities, devices and addresses (BPF).
set -euo pipefail
DISK=$1 LAYERS=$2
exec 3< "$3" # open: its name is another in there
shift 3
# systemd-nspawn is the first in a pid namespace of its own: when it goes, the kernel takes the whole machine with it.
# shellcheck disable=SC2016
exec unshare --mount --propagation private --pid --fork --kill-child --mount-proc bash -euc '
    disk=$1 layers=$2
    shift 2
    mkdir -p "$disk/root" "$disk/upper" "$disk/work"
    mount -t overlay -o "lowerdir=$layers,upperdir=$disk/upper,workdir=$disk/work" overlay "$disk/root"
    # A tree of control groups of its own: two machines at a time must not meet in it.
    umount -R /sys/fs/cgroup 2> /dev/null || true
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
    find /sys/fs/cgroup -depth -path "/sys/fs/cgroup/rundtisch-*" -type d -exec rmdir {} + 2> /dev/null || true
    group=/sys/fs/cgroup/rundtisch-$RANDOM$RANDOM
    mkdir "$group"
    echo $$ > "$group/cgroup.procs"
    exec systemd-nspawn --quiet --keep-unit --register=no --boot --console=pipe --machine="${group##*/}" \
        --network-namespace-path=/proc/self/fd/3 --capability=CAP_NET_ADMIN,CAP_BPF --system-call-filter=bpf \
        --kill-signal=SIGRTMIN+4 --directory="$disk/root" "$@" < /dev/null' boot "$DISK" "$LAYERS" "$@"
