"""Where journals are kept: in SQLite for a laptop or one server, in memory for dry runs."""
