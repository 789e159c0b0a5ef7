"""What several test suites share: a virtual clock and the example as a world."""
