"""Cards: a Raspberry Pi OS image, its boot partition made ready for one terminal, written and read back."""
