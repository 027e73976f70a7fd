# The modules that the virtual board's firmware holds.
freeze("modules")  # noqa: F821
