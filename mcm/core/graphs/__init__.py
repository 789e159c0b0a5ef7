"""What the record's graphs show, as values."""
