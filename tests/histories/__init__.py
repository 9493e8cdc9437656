"""Recorded histories: what the rules were shown of a server, evaluation by evaluation, and what was true of it."""
