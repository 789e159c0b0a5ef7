"""Changes and plans: what was asked for, and everything that was decided before anything moves."""
