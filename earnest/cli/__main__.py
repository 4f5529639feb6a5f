"""`python -m earnest.cli`: the command where its script is not installed."""

from earnest.cli import main

main()
