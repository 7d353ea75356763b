"""The areas of `provision`, one module each; they read options and call what does the work, nothing else."""
