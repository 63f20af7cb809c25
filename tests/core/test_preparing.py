"""What judging needs is ready before anybody waits for it, and made so without holding anybody up."""

import asyncio
import re
import time

from gatewayz.core import words
from gatewayz.core.lexicon import LEXICON
from gatewayz.core.preparing import Preparation, pieces


def test_it_is_made_ready_with_turns_of_others_between(monkeypatch):
    monkeypatch.setattr(LEXICON, "_patterns", {})

    async def beside(urgent):
        preparation, turns = Preparation(), 0
        while LEXICON.concepts.keys() - LEXICON._patterns.keys():
            if urgent and turns == 3:
                await asyncio.wait_for(preparation.done(), 20)
            turns += 1
            await asyncio.sleep(0)
        return turns

    assert asyncio.run(beside(urgent=False)) >= len(LEXICON.concepts)
    assert list(pieces()) == []
    monkeypatch.setattr(LEXICON, "_patterns", {})
    assert asyncio.run(beside(urgent=True)) < len(LEXICON.concepts)


def test_others_take_turns_while_somebody_waits_for_it(monkeypatch):
    monkeypatch.setattr(LEXICON, "_patterns", {})

    async def turns_meanwhile():
        waiting, turns = asyncio.create_task(Preparation().done()), 0
        while not waiting.done():
            turns += 1
            await asyncio.sleep(0)
        return turns

    assert asyncio.run(turns_meanwhile()) >= len(LEXICON.concepts)
    assert list(pieces()) == []


def test_one_that_is_stopped_leaves_the_rest(monkeypatch):
    monkeypatch.setattr(LEXICON, "_patterns", {})

    async def stopped():
        preparation = Preparation()
        await asyncio.sleep(0)
        preparation.stop()
        await asyncio.wait_for(preparation.done(), 5)

    asyncio.run(stopped())

    assert len(list(pieces())) > len(LEXICON.concepts) / 2


def test_where_a_word_ends_is_compiled_about_as_fast_as_the_words():
    some = [
        f"cat{n}s? purr\\b|dog{n}s? (bark|howl)\\b|(wild|tame) (bird|horse)s?{n}\\b"
        for n in range(40)
    ]

    def took_s(begin, end):
        best = 9.0
        for _ in range(9):
            re.purge()
            began = time.process_time()
            for phrases in some:
                re.compile(f"{begin}(?:{phrases})".replace(r"\b", end))
            best = min(best, time.process_time() - began)
        return best

    # A class of letters with a long range in it took twenty times as long.
    assert took_s(words._BEGIN, words._END) < 8 * took_s("", "")
