"""The lives of the response on the ledger: recalls, measures, emergencies and the others."""
