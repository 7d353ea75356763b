"""The device agent: GPIO, broker, display power and the state of the consultation."""
