"""The matrix of verdicts: every failure mode planted, and what the tester made of it."""
