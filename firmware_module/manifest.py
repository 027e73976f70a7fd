# The Python that goes into firmware with our C: for FROZEN_MANIFEST, after the board's own manifest.
package("inkling_ml", base_path="../micropython_lib")  # noqa: F821
