"""A simulated BlueMind 4 server in a folder, with its own truth."""
