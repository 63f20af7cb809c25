"""Words that no cache and no canned answer knows."""

from random import Random


def made_up_word(rng: Random) -> str:
    """Three syllables that anybody can say: "tavomi"."""
    return "".join(rng.choice("bdfgklmnprstvz") + rng.choice("aeiou") for _ in range(3))


def code_word(rng: Random) -> str:
    """A made-up word and a number: "tavomi-4821"."""
    return f"{made_up_word(rng)}-{rng.randint(1000, 9999)}"
