"""The inspection catalogue: evidence, proposals, certificates, draft notice."""
