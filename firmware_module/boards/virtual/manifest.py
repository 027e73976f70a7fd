# The modules that the virtual board's firmware holds with Inkling in it.
include("modules.py")  # noqa: F821
include("../../manifest.py")  # noqa: F821
