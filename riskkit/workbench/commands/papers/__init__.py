"""Commands that write papers: reports on recalls, order sheets, letters of referral."""
