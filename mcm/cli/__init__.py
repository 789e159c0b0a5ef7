"""The command line: parse, call a use case, print, exit code. It decides nothing."""

import gc

# Before anything else is imported: AWS's models and Typer are a hundred thousand small
# objects that are all kept, and by default the collector walks them again and again.
gc.set_threshold(200_000)
