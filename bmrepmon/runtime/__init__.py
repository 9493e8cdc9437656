"""Threads and time: clock, store, scheduler, log follower."""
