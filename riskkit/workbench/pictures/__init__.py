"""The figures of reports and dashboards, each with its words."""
