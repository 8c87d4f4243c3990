"""Credit of enterprises (task 13): grades, what they bring, and how they are repaired."""

from riskkit.response.credit.grades import decide as decide
