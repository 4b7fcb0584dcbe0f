"""Faults that must lose nothing: real processes, a real database and broker, and mischief at random moments."""
