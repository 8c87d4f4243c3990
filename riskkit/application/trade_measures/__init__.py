"""Technical trade measures: WTO notifications, the exports they hit, what they cost, and when to comment."""
