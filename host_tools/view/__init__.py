"""`host_tools view`: frames off a board's serial line, and the page that shows them."""
