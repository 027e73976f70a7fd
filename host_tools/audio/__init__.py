"""Front ends: from sound to a network's input, in the integers that the board computes."""

from host_tools.audio.front_end import KINDS, FrontEnd
from host_tools.audio.settings import Settings, make_settings, read_settings
from host_tools.audio.tables import make_front_end

__all__ = ["KINDS", "FrontEnd", "Settings", "make_front_end", "make_settings", "read_settings"]
