"""The commands ``riskkit response …``: one for every flow, made from the table of steps."""
