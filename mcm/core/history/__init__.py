"""What happened so far and what comes next: the journal, the state folded from it, turns."""
