"""What the tests of the commands share."""

import pytest
from click.testing import CliRunner


@pytest.fixture
def invoke(tmp_path, monkeypatch, request):
    """Run the command after which the test's module is named, in an empty folder, and expect an exit code."""
    monkeypatch.chdir(tmp_path)
    command = request.module.__name__.rpartition("test_")[2]

    def run(*args, code=0):
        result = CliRunner().invoke(request.module.main, [command, *map(str, args)])
        assert result.exit_code == code, result.output + repr(result.exception)
        return result

    return run
