"""Where runs read and write."""
