"""Files from outside: faults, TOML, pictures, and writing all or nothing."""
