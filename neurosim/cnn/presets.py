"""Published experiments, ready to run: networks, tasks and training as their authors describe them."""

from neurosim.cnn.preset import Preset as Preset
from neurosim.cnn.presets_1986 import PRESETS_1986
from neurosim.cnn.presets_digits import PRESETS_DIGITS

#: Every preset by its name.
PRESETS: dict[str, Preset] = {**PRESETS_1986, **PRESETS_DIGITS}
