"""``python -m neurosim_cli``."""

from neurosim_cli.main import main

main(prog_name="neurosim")
