"""Networks that say which of ten things a picture of 32x32 pixels shows."""
