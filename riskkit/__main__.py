"""``python -m riskkit`` is the command ``riskkit``."""

from riskkit.workbench.commands.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
