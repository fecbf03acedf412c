"""What changes addresses and areas, and the one answer to "do you deliver here"."""
