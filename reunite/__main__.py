"""`python -m reunite` is the command `reunite`."""

from reunite.cli import main

main()
