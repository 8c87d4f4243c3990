"""Blocks of a document and how they become HTML, PDF, Word and an index."""
