"""What can be done with values: numbers, strings, dates, regular expressions (rules.md 5.3, 5.4). None is null."""
