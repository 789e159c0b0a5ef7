"""The command line: parse, call a use case, print, exit code. It decides nothing."""
