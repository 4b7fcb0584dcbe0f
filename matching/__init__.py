"""The engine: pure functions and one index. Imports nothing of ours, no database, no web."""
