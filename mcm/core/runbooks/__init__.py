"""Runbooks: steps that people carry out, written down as they do."""
