"""What the processes agree on: messages, configuration, errors."""
