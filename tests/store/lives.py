"""A store's life in a process that is killed, or whose statement fails, at each of its writes.

usage: python lives.py kill|fail PLACE

The whole life is lived once to count its writes; then again and again, in a process of its own, which
ends at the first of them, at the second, and so on. After each the store is looked at as the next
program would. What is wrong is printed; the last line is how many lives there were.
"""

import os
import signal
import sys
import traceback
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import event

from conftest import NOON, a_run, a_verdict
from gatewayz.core import RunStatus, StoreError
from gatewayz.core.quarantine import Quarantined
from gatewayz.store import open_store

YEAR_AGO = NOON - timedelta(days=365)
GROUPS = (1, 3, 2)
HOUR = {"since": NOON, "until": NOON + timedelta(hours=1)}


def live(place, name, ends_at, how, tell):
    """One life, told step by step; at its write number `ends_at` it is ended."""
    store = open_store(place)
    left = [ends_at]

    def write(*_):
        left[0] -= 1
        if left[0] == 0 and how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if left[0] == 0 and how == "fail":
            raise OSError(5, "Input/output error")

    engine = store._session._engine
    event.listen(engine, "before_cursor_execute", write)
    event.listen(engine, "commit", write)
    run = a_run(name, f"{name}/0")
    store.holding.begin(run, NOON)
    tell("begun")
    store.holding.planned(name, "groq", run.plan)
    for number, size in enumerate(GROUPS):
        verdicts = [a_verdict(f"{name}/{number}.{at}", gateway=name) for at in range(size)]
        store.record(name, verdicts)
        tell(f"kept {number + 1}")
    store.finish_run(replace(run, status=RunStatus.FINISHED, finished_at=NOON))
    tell("finished")
    store.summaries.sum_run(name)
    tell("summed")
    store.quarantine.add(Quarantined(gateway=name, reason="x", until=NOON))
    tell("apart")
    store.copies.prune(NOON - timedelta(days=30))
    tell("pruned")
    return -left[0]


def lived(place, name, ends_at, how):
    """What a life in another process told before it ended."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        code = 0
        try:
            live(place, name, ends_at, how, lambda word: os.write(theirs, f"{word}\n".encode()))
        except StoreError as told:
            code = 0 if "\n" not in str(told) else 3
        except BaseException:  # noqa: BLE001 -- told to who waits
            traceback.print_exc()
            code = 4
        os._exit(code)
    os.close(theirs)
    with os.fdopen(ours) as heard:
        words = heard.read().split("\n")[:-1]
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        print(f"{name}: ended with {os.WEXITSTATUS(status)} after {words}")
    return words


def look(place, name, words):
    """The store as the next program finds it; each thing that is wrong."""
    store = open_store(place)
    try:
        yield from _look(store, name, words)
    finally:
        store.close()


def _look(store, name, words):
    ids = [line.id for line in store.runs(1000)]
    if name not in ids:
        if words:
            yield "the run is gone"
        return
    kept = len(store.run(name).verdicts)
    told = sum(GROUPS[: sum(word.startswith("kept") for word in words)])
    whole = [sum(GROUPS[:number]) for number in range(len(GROUPS) + 1)]
    if kept < told or kept not in whole:
        yield f"{kept} verdicts are kept, and {told} were told"
    narrow = list(store.results.within(HOUR["since"], HOUR["until"], gateway=name))
    if len(narrow) != kept:
        yield f"{len(narrow)} results beside {kept} verdicts"
    finished = store.heading(name).status is RunStatus.FINISHED
    if "finished" in words and not finished:
        yield "it was finished, and is not"
    if not finished:
        if store.holding.abandoned(NOON) != (name,) and "begun" in words and HOW == "kill":
            yield "nobody notices that its process is gone"
        store.finish_run(replace(store.run(name), status=RunStatus.CANCELLED))
    store.summaries.roll_up()
    if store.summaries.total(name, way=None, **HOUR).passed != kept:
        yield "the sums say something else"
    ago = store.summaries.total("old", since=YEAR_AGO, until=YEAR_AGO + timedelta(hours=1))
    if ago.passed != 1:
        yield "what was removed is not in the sums, or twice"
    if "pruned" in words and "old" in ids:
        yield "it was removed, and is there"


def an_old_run(place):
    """One that every life removes."""
    store = open_store(place)
    with suppress(StoreError):
        store.begin_run(replace(a_run("old"), started_at=YEAR_AGO, status=RunStatus.FINISHED))
        old = a_verdict("a", gateway="old")
        (attempt,) = old.observation.attempts
        seen = replace(old.observation, attempts=(replace(attempt, started_at=YEAR_AGO),))
        store.record("old", [replace(old, observation=seen)])
    store.summaries.roll_up()
    store.close()


def main(place):
    """Every life; how many there were."""
    number = 0
    words = []
    while "pruned" not in words:
        number += 1
        an_old_run(place)
        words = lived(place, f"life-{number}", number, HOW)
        for wrong in look(place, f"life-{number}", words):
            print(f"life-{number}: {wrong}; it had told {words}")
        if number > 400:
            print("it never came to its end")
            break
    print(number)


if __name__ == "__main__":
    HOW = sys.argv[1]
    main(sys.argv[2])
