"""When a stage may be promoted: windows, freezes, calendars, quiet hours."""
