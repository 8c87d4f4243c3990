"""What an assessor does with reports of the intake pages."""
