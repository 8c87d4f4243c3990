"""What people read, in zh and en: one catalogue, one way to look a text up."""
