"""The partner's web page and its server."""
