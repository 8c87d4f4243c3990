"""Which newest counts deserve a look: evidence together, a budget of alarms, memory of what was judged."""
