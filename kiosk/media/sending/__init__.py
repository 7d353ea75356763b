"""From a capture to the peers: encoded once, whoever listens."""
