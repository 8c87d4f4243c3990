"""Reports on a register: rates, coverage, next year's plan."""
