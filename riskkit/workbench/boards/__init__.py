"""What the dashboards show and how they answer."""
