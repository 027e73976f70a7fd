"""Networks that say which of ten words is heard, or another one, or none."""
