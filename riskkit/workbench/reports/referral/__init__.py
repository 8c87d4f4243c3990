"""The report on referral: rewards, publication, lists, the public draw, hot spots, litigation."""
