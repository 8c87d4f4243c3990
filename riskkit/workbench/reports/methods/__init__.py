"""Reports that apply one method to the shipped examples."""
