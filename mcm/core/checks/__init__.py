"""The kinds of checks, a module each; `kinds` lists them.

Nothing is imported here: going back uses what one kind knows of endpoints, and waits for
no other.
"""
