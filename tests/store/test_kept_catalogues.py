"""The catalogues that each run was offered."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import text

from gatewayz.core import Model, RunStatus


def versions(store):
    with store._session.reading() as connection:
        return connection.execute(text("SELECT count(*) FROM catalog_versions")).scalar_one()


def test_equal_catalogues_of_many_runs_are_kept_once_and_go_with_the_last_of_them(store, make):
    models = [Model(id=f"m{n}") for n in range(3)]
    for number in range(4):
        run = replace(make.run(f"run-{number}"), started_at=make.noon + timedelta(days=number))
        store.begin_run(replace(run, status=RunStatus.FINISHED))
        store.catalogues.keep(run.id, "groq", models if number else models[:1])
        store.catalogues.keep(run.id, "groq (api)", list(reversed(models)))

    assert versions(store) == 2
    assert store.catalogues.of("run-0") == {"groq": tuple(models[:1]), "groq (api)": tuple(models)}
    store.copies.prune(make.noon + timedelta(days=1))
    assert versions(store) == 1
    assert store.catalogues.of("run-3")["groq"] == tuple(models)


def test_before_a_run_counts_what_each_gateway_offered_last(store, make):
    runs = [make.run(f"run-{number}") for number in range(3)]
    for run in runs:
        store.begin_run(run)
    store.catalogues.keep("run-0", "groq", [Model(id="old")])
    store.catalogues.keep("run-0", "together", [Model(id="t")])
    store.catalogues.keep("run-1", "groq", [Model(id="newer")])
    store.catalogues.keep("run-2", "groq", [Model(id="newest")])

    before = store.catalogues.before(runs[2])

    assert before == {"groq": (Model(id="newer"),), "together": (Model(id="t"),)}
    assert store.catalogues.before(runs[0]) == {}


def test_before_a_run_a_round_of_a_watch_has_read_no_list(store, make):
    for name, settings in (("first", {}), ("round", {"watch": "chat"}), ("last", {})):
        store.begin_run(replace(make.run(name), settings=settings))
        store.catalogues.keep(name, "groq", [Model(id=f"of {name}")])

    assert store.catalogues.before(store.run("last")) == {"groq": (Model(id="of first"),)}
    assert store.catalogues.of("nobody") == {}
