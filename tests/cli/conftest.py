"""What the tests of the commands share."""

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image


@pytest.fixture
def invoke(tmp_path, monkeypatch, request):
    """Run the command that the name of the test's module begins with, in an empty folder, and expect an exit code."""
    monkeypatch.chdir(tmp_path)
    command = request.module.__name__.rpartition("test_")[2].partition("_")[0]

    def run(*args, code=0):
        result = CliRunner().invoke(request.module.main, [command, *map(str, args)])
        assert result.exit_code == code, result.output + repr(result.exception)
        return result

    return run


@pytest.fixture
def picture(tmp_path, rng):
    """A grey picture of 30 x 40 pixels, written as PNG; its pixels from 0 to 1."""
    pixels = rng.integers(0, 256, (30, 40)).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return pixels / 255
