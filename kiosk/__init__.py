"""The terminal's processes, the desk and what they agree on."""
