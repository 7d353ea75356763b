"""Cameras and microphones, real and made up, behind one small interface, each in a thread of its own."""
