"""By which rules the change of a pair is found."""

# Count up when the same pair would get another indicator, so that those of before are renewed.
RULES = 2
