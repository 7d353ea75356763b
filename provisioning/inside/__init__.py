"""A terminal looked at from inside, for `provision check`: its units, secrets, certificate, clock, disk and versions.

Reads only. Knows files and `systemctl`; not the processes, which say themselves how they do (`state/self-test`).
"""
