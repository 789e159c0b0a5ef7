"""The pure heart of mcm: values in, decisions out.

Nothing here reads a clock, a disk, a network or an environment variable, and nothing
logs. Everything outside hands values in and carries out what comes back, so each
decision can be tested without a fake. `pyproject.toml` holds the import contract.
"""
