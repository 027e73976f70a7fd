# Frozen beside inkling_heal: the firmware runs this before boot.py, or boot.py imports it.
import sys

import inkling_heal

inkling_heal.heal()
# by which host_tools knows that it ran
sys.modules["inkling_start"] = None
del inkling_heal, sys
