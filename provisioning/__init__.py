"""What IT staff run: set-up, certificates, schedules, releases, the demo."""
