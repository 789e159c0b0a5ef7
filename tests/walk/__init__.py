"""Whole walks over the engine, on a virtual clock."""
