"""Readings that are not AWS's: what a probe sees from where mcm runs.

A probe is slow and may hang, so it runs in a thread beside the loop. A reading is asked
for by a deadline; what has not come by then is the last reading with its own time, or
unknown, late. A probe judges nothing: what a status means, `mcm.core.checks` says.
"""
