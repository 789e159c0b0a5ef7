"""Bytes from anywhere, into every reader of what others can write: `make fuzz`."""
