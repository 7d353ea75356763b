"""What the room hears: the partners' sound, mixed, and who of them speaks."""
