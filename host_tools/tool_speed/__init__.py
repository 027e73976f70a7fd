"""How long the commands take on this computer: start, packing, runs of many inputs."""
