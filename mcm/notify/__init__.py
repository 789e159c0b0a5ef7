"""Telling people, beside the walk: what goes wrong here stops nothing and is only reported."""
