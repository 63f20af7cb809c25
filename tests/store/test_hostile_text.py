"""Ids and texts are values in the store, never words of its language."""

import os
from dataclasses import replace

import pytest
from tests.hostile import STRINGS, verdicts

from gatewayz.core import Model, Outcome, StoreError
from gatewayz.core.text import well_formed
from gatewayz.store import open_store


@pytest.mark.parametrize("text", STRINGS.values(), ids=list(STRINGS))
def test_hostile_text_is_kept_as_it_is_and_changes_nothing_else(store, make, text):
    text = well_formed(text)
    before = make.run("before", "m")
    store.begin_run(before)
    store.record("before", [make.verdict("m")])
    store.finish_run(before)
    found = verdicts(text, gateway=text)
    run = replace(
        make.run(text), plan=tuple(v.observation.case for v in found), settings={text: text}
    )
    store.begin_run(run)
    store.record(text, found)
    store.finish_run(replace(run, verdicts=found))
    store.save_catalog(text, (Model(id=text, name=text),), make.noon)

    assert store.run(text).verdicts == found
    assert store.run("before").verdicts == (make.verdict("m"),)
    assert [line.id for line in store.runs(9)].count(text) == 1
    assert {case.gateway for case in store.failed_cases()} == {text}
    assert [v.outcome for v in found].count(Outcome.FAILED) == 1


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_that_cannot_hold_every_text_is_refused_before_the_first_question(
    postgresql, encoding
):
    import psycopg

    name = f"t{os.getpid()}_{encoding.lower()}"
    with psycopg.connect(postgresql, autocommit=True) as admin:
        admin.execute(
            f"CREATE DATABASE \"{name}\" ENCODING '{encoding}' TEMPLATE template0"
            " LC_COLLATE 'C' LC_CTYPE 'C'"
        )
    try:
        with pytest.raises(StoreError, match=f"a database in {encoding}.* ENCODING 'UTF8'"):
            open_store(postgresql.replace("/postgres?", f"/{name}?"))
    finally:
        with psycopg.connect(postgresql, autocommit=True) as admin:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
