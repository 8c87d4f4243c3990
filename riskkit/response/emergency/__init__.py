"""Emergencies at ports (task 16): level, dangerous goods, solid waste, readiness, the log of a response."""

from riskkit.response.emergency.levels import decide as decide
