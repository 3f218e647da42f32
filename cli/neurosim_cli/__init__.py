"""The command line of neurosim: one command a file, and only click at import."""
