"""What executes plans: processes of this machine, or the workers of a cluster."""
