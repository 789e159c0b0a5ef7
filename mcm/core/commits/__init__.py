"""What a release brings, commit by commit."""
