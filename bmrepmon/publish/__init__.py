"""The last snapshot, told to Prometheus, to browsers, to terminals."""
