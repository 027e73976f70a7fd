# Frozen beside inkling_heal: the firmware runs this before boot.py.
import inkling_heal

inkling_heal.heal()
del inkling_heal
