"""The simulator: the real core, runner and adapters over the engine, seeded and hostile.

`draw` makes a scenario of a seed, `simulation` plays it, `invariants` says what was wrong.
"""
