"""The script that puts a central side's folder onto its machine: who owns what, and what runs. Writes text only."""

from pathlib import Path

SYSTEMD = Path("/opt/rundtisch/current/systemd")
"""Where the software's own units lie on the machine."""


def script(*, desk_server: str, certificate: tuple[Path, Path], has_media_server: bool, has_relay: bool) -> str:
    """For `sh`; may be run again with every change of the folder."""
    parts = [_PARTS]
    parts += [_MEDIA_SERVER] if has_media_server else []
    parts += [_RELAY] if has_relay else []
    services = "nftables mosquitto nginx kiosk-desk kiosk-enrolment kiosk-releases.timer kiosk-rollout.timer"
    services += " janus" if has_media_server else ""
    services += " coturn kiosk-relays.timer" if has_relay else ""
    packages = "mosquitto nginx nftables" + (" janus" if has_media_server else "") + (" coturn" if has_relay else "")
    group = "turnserver" if has_relay else "root"
    text = _HEAD + "\n".join(parts) + _END
    for name, value in {
        "@CERTIFICATE@": certificate[0],
        "@KEY@": certificate[1],
        "@DESK@": desk_server,
        "@GROUP@": group,
        "@SYSTEMD@": SYSTEMD,
        "@SERVICES@": services,
        "@PACKAGES@": packages,
    }.items():
        text = text.replace(name, str(value))
    return text


_HEAD = """\
#!/bin/sh
# Made by `provision central init`: puts this folder onto the machine it is for, Debian with all parts on one.
#   sh install.sh          as root; the packages have to be there, and the software in /opt/rundtisch
#   sh install.sh ROOT     into the root of another system, and starts nothing
set -eu
HERE=$(cd "$(dirname "$0")" && pwd -P)
ROOT=${1:-}
SYSTEMD=${SYSTEMD:-$ROOT@SYSTEMD@}
umask 022

stop() { echo "install.sh: $*; nothing was changed" >&2; exit 1; }
[ "$(id -u)" = 0 ] || stop "only root can do this"
[ -d "$SYSTEMD" ] || stop "$SYSTEMD: missing; the software belongs there, see the README"
for user in mosquitto @GROUP@; do
    grep -q "^$user:" "$ROOT/etc/passwd" || stop "there is no user $user; apt-get install @PACKAGES@"
done
for file in "$ROOT@CERTIFICATE@" "$ROOT@KEY@"; do
    [ -s "$file" ] || stop "$file: missing; the certificate that partners' browsers trust belongs there"
done

id_of() { sed -n "s/^$1:[^:]*:\\([0-9]*\\):\\([0-9]*\\):.*/\\1:\\2/p" "$ROOT/etc/passwd"; }
put() { # MODE OWNER FROM TO: one file
    mkdir -p "$(dirname "$ROOT$4")"
    cp "$HERE/$3" "$ROOT$4.new"
    chown "$(id_of "$2")" "$ROOT$4.new"
    chmod "$1" "$ROOT$4.new"
    mv "$ROOT$4.new" "$ROOT$4"
}
put_all() { # OWNER FROM TO: a folder that only its owner sees into
    (cd "$HERE/$2" && find . -type f | sed 's|^\\./||') | while read -r file; do
        put 600 "$1" "$2/$file" "$3/$file"
    done
    find "$ROOT$3" -type d -exec chown "$(id_of "$1")" {} + -exec chmod 700 {} +
}
unit() { # NAME…: of the software's own
    for name in "$@"; do
        install -D -m 644 "$SYSTEMD/$name" "$ROOT/etc/systemd/system/$name"
    done
}
"""
_PARTS = """
# Who may look into the page's key beside nginx, which is root when it reads it.
chown "0:$(id_of @GROUP@ | cut -d: -f2)" "$ROOT@KEY@"
chmod 640 "$ROOT@KEY@"

install -D -m 644 "$SYSTEMD/sysusers.d/rundtisch-central.conf" "$ROOT/etc/sysusers.d/rundtisch-central.conf"
systemd-sysusers --root="$ROOT/" rundtisch-central.conf

# The broker keeps its list of revoked certificates: it is newer than the one made with the folder. Who is cut off
# between the last steps finds it in the folder that was put aside.
broker=$ROOT/etc/mosquitto/rundtisch
rm -rf "$broker.new"
put_all mosquitto broker /etc/mosquitto/rundtisch.new
for old in "$broker" "$broker.old"; do
    [ -e "$old/revoked.crl" ] || continue
    cp -p "$old/revoked.crl" "$broker.new/revoked.crl"
    break
done
if [ -e "$broker" ]; then
    rm -rf "$broker.old"
    mv "$broker" "$broker.old"
fi
mv "$broker.new" "$broker"
rm -rf "$broker.old"
unit mosquitto.service.d/rundtisch.conf

for part in desk central; do
    from=$part
    [ $part != desk ] || from=desk-servers/@DESK@
    (cd "$HERE/$from" && find . -maxdepth 1 -type f | sed 's|^\\./||') | while read -r file; do
        case $file in relay.toml | media-server.toml) mode=600 ;; *) mode=644 ;; esac
        put $mode root "$from/$file" "/etc/rundtisch/$part/$file"
    done
    put_all root "$from/credentials" "/etc/rundtisch/$part/credentials"
done

put_all rundtisch-enrolment enrolment /etc/rundtisch/enrolment
put_all rundtisch-enrolment authority /etc/rundtisch/enrolment/authority

put 644 root proxy/nginx.conf /etc/nginx/sites-available/rundtisch
mkdir -p "$ROOT/etc/nginx/sites-enabled"
ln -sf ../sites-available/rundtisch "$ROOT/etc/nginx/sites-enabled/rundtisch"
put 644 root firewall/rundtisch.nft /etc/nftables.d/rundtisch.nft
unit nftables.service.d/rundtisch.conf
unit kiosk-desk.service kiosk-enrolment.service kiosk-revocations.path kiosk-revocations.service
unit kiosk-releases.service kiosk-releases.timer kiosk-rollout.service kiosk-rollout.timer"""
_MEDIA_SERVER = """
for file in janus.jcfg janus.transport.websockets.jcfg janus.plugin.videoroom.jcfg; do
    put 600 root "media-server/$file" "/etc/janus/$file"
done"""
_RELAY = """
put 600 turnserver relay/turnserver.conf /etc/turnserver.conf
unit kiosk-relays.service kiosk-relays.timer"""
_END = """
[ -z "$ROOT" ] || exit 0
systemctl daemon-reload
systemctl enable --quiet @SERVICES@ kiosk-revocations.path
systemctl restart @SERVICES@ kiosk-revocations.path
echo "everything runs; provision central check says whether it is reached from outside"
"""
