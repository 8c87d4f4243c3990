"""The intake pages: consumers, firms and hospitals report from a phone; an assessor decides what enters."""
