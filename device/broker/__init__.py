"""The broker connection: client, topics, spool, commands."""
