"""The central side as terminals and partners meet it: what answers, what does not, and how that is mended."""
