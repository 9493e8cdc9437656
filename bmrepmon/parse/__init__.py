"""Bytes in, values out. Nothing here opens a file, and nothing raises on bad input."""
