"""bmrepmon: the replication monitor for BlueMind 4."""

__version__ = "0.1.0"
