"""The page of `host_tools view`: frames off the serial line, and a server for this user's browser."""
