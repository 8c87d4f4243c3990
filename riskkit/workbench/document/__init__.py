"""Blocks of a document and their writers: HTML, PDF, Word, index."""
