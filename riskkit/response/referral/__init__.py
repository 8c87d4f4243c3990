"""Referral of cases (tasks 14 and 15): routes, clocks, rewards, publication and the public draw."""

from riskkit.response.referral.routes import decide as decide
