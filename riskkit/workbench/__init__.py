"""Shows what the five streams compute: notebooks, reports, dashboards and the command line."""
