"""Lives in steps: one engine for recalls, measures, referrals, repairs and other lives."""
