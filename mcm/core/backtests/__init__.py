"""Back-tests of a stage's guardrails: what to read, and how they would have done."""
