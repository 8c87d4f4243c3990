"""预警: grade severity, urgency and scope, and turn them into a level Ⅰ–Ⅳ."""
