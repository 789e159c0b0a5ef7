"""How readings are judged: bounds, comparisons, the rules of alarms, and all that over history."""
