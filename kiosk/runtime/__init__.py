"""What a process needs to live: link, frames, service, log."""
