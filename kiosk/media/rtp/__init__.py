"""What aiortc 1.16 lacks, each in a file of its own with a contract test that fails when upstream changes."""
