"""The way back: what a rollback does, proves beforehand, and falls back on."""
