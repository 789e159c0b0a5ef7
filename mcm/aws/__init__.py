"""Everything that speaks to AWS, above and below one narrow port (`port.Port`)."""
