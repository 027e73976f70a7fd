"""A board at a serial port: its REPL, its files, its ROMFS, models run on it."""
