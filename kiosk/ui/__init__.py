"""The touch app: the screen and the fingers, and nothing else."""
