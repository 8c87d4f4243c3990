"""Papers of the response: reports on recalls, order sheets, letters of transfer."""
