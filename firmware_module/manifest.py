# The Python that goes into firmware with our C: for FROZEN_MANIFEST, with the board's own.
package("inkling_ml", base_path="../micropython_lib")  # noqa: F821
include("start.py")  # noqa: F821
