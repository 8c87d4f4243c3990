"""The texts people read, in zh and en."""
