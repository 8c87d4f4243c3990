"""评估: how likely and how bad is the harm, how sure are we, and what would change the answer."""
