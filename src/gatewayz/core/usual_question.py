"""What is asked where nobody says otherwise."""

from __future__ import annotations

TEST_MESSAGE = 'Respond with: "Test successful"'
TEST_ANSWER = "Test successful"
# Long enough to be called long, short enough to cost little.
PROMPT_TOKENS = 2000
