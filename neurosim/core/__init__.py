"""What every family stands on; knows no family."""
