"""Strict YAML to core values: every problem at once, each with file, line and column."""
