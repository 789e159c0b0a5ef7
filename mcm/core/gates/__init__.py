"""The gates in front of a promotion, each with the reason why it is closed."""
