"""The report on the credit grades of enterprises."""
