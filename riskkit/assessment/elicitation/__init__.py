"""专家判断: what experts say of a number, how far each was right before, and one distribution out of many."""
