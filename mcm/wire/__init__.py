"""Statements on their way between clones: by a ref of the repository's remote, or as text.

A sibling of its own, for it is neither storage nor trust: it carries bytes, and believes
none of them. What it delivers is verified where all statements are.
"""
