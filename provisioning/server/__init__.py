"""What a machine of the central side needs around our own services: proxy, firewall, relay, media server, installer."""
