"""The verdict: is replication working, and if not, why. Pure: evidence, limits and the time go in."""
