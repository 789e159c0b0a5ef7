"""Whose word counts: envelopes, SSH signatures, persons and the inbox of statements.

Only this package builds the `Verified` values that `mcm.core.trust.guard` takes.
"""
