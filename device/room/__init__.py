"""The wires to the room: inputs, outputs and pins."""
