"""JupyterLab and Voila behind a token."""
