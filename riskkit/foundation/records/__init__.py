"""The columns of an evidence record and how a cell of somebody else's file is read."""
