"""Reports of the response: how a recall runs, and whether a measure worked."""
