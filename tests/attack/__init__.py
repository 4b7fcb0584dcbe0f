"""Attacks on a running service and rules that read its code: `python -m tests.attack`, or make attack."""
