"""Public interfaces of foreign regulators, asked only when somebody says so: ``riskkit fetch``."""
