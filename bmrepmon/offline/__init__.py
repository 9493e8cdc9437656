"""Commands that look at a machine or at files without the daemon."""
