"""Camera, microphone, loudspeaker and peer connections; holds no secret."""
