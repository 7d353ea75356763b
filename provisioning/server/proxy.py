"""The web server before desk server and media server, as a site of nginx or Caddy. Writes text, starts nothing.

It has the certificate that partners' browsers trust. Links are keys and stand in paths: no path is logged.
"""

from dataclasses import dataclass
from pathlib import Path

MEDIA_PATH = "/janus"
"""Below the desk server's own address, so that a partner's browser needs one name only."""

RELEASES_PATH = "/releases"
"""Where terminals look for new versions: `url` of their `[update]`."""
RELEASES = Path("/var/lib/rundtisch-releases/public")
"""What `provision release publish` makes there, or copies there; see `systemd/kiosk-releases.service`."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """Names, ports and files."""

    name: str
    """Of the page, `desk.example.org`."""
    desk_port: int
    media_port: int | None
    """None: without a media server."""
    certificate: Path
    key: Path
    port: int = 443
    plain_port: int | None = 80
    """Where people who left out https are sent on; None: nowhere."""


def nginx(site: Site) -> str:
    """A file for `/etc/nginx/sites-available`; nginx 1.18 or later."""
    media = _NGINX_LOCATION.format(path=MEDIA_PATH, target=f"127.0.0.1:{site.media_port}") if site.media_port else ""
    plain = _NGINX_PLAIN.format(name=site.name, port=site.plain_port) if site.plain_port else ""
    location = _NGINX_LOCATION.format(path="/", target=f"127.0.0.1:{site.desk_port}")
    return _NGINX.format(
        name=site.name,
        port=site.port,
        certificate=site.certificate,
        key=site.key,
        locations=f"{location}{media}",
        releases_path=RELEASES_PATH,
        releases=RELEASES,
        plain=plain,
    )


def caddy(site: Site) -> str:
    """A `Caddyfile`; Caddy 2. It fetches its own certificate where the files are not there."""
    media = (
        f"\thandle {MEDIA_PATH}* {{\n\t\treverse_proxy 127.0.0.1:{site.media_port}\n\t}}\n" if site.media_port else ""
    )
    return _CADDY.format(
        name=site.name,
        certificate=site.certificate,
        key=site.key,
        media=media,
        desk_port=site.desk_port,
        releases_path=RELEASES_PATH,
        releases=RELEASES,
    )


_NGINX = """\
# Made by `provision central init`; see provisioning/server/proxy.py.
map $http_upgrade $rundtisch_connection {{
    default upgrade;
    ''      '';
}}

server {{
    listen {port} ssl;
    listen [::]:{port} ssl;
    server_name {name};
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    ssl_protocols TLSv1.2 TLSv1.3;
    server_tokens off;
    add_header Strict-Transport-Security "max-age=31536000" always;
    # A link is a key, and stands in the path.
    access_log off;
    error_log /var/log/nginx/rundtisch.log crit;
    client_max_body_size 64k;
{locations}
    location {releases_path}/ {{
        alias {releases}/;
    }}
}}
{plain}"""
_NGINX_LOCATION = """
    location {path} {{
        proxy_pass http://{target};
        proxy_http_version 1.1;
        proxy_set_header Host $host;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $rundtisch_connection;
        proxy_buffering off;
        proxy_read_timeout 90s;
    }}
"""
_NGINX_PLAIN = """
server {{
    listen {port};
    listen [::]:{port};
    server_name {name};
    access_log off;
    return 301 https://$host$request_uri;
}}
"""
_CADDY = """\
# Made by `provision central init`; see provisioning/server/proxy.py. Without an access log: a link is a key.
{name} {{
\ttls {certificate} {key}
\theader Strict-Transport-Security "max-age=31536000"
\trequest_body {{
\t\tmax_size 64KB
\t}}
{media}\thandle_path {releases_path}/* {{
\t\troot * {releases}
\t\tfile_server
\t}}
\thandle {{
\t\treverse_proxy 127.0.0.1:{desk_port}
\t}}
}}
"""
