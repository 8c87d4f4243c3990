"""Technical trade measures: notifications, exports hit, losses, deadlines, gaps, draft comments."""
