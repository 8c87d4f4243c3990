"""The expert committee: pure functions over what was recorded, from the questions to the minutes."""
