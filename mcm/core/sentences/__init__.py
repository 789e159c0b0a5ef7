"""What journal entries say to a person."""
