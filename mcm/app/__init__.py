"""What mcm can do, one use case a file, over ports that the command line fills in."""
