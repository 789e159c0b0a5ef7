"""The walk: one turn after another, from the gates to the end of the bake."""
