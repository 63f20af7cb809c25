"""The status line: how far a run is."""

from types import SimpleNamespace

import pytest

from gatewayz.cli.display import Display
from gatewayz.core import Attempt, Case, Gateway, Model, Observation, Outcome, Verdict
from gatewayz.runner import AttemptFinished, CasesPlanned, CaseStarted, Lane, VerdictReached


class Shown:
    """A terminal that keeps what its status line was told."""

    def __init__(self):
        self.lines = []

    def progress(self, done, total, *, eta_s=None, running=()):
        self.lines.append(SimpleNamespace(done=done, total=total, eta_s=eta_s, names=[*running]))

    @property
    def last(self):
        return self.lines[-1]


@pytest.fixture
def run(monkeypatch):
    """A display over one gateway on both ways, its terminal, its cases, and a clock to move."""
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr("gatewayz.cli.display.time.monotonic", lambda: clock.now)
    ways = ("direct", "api")
    lanes = [Lane(name="g", way=way, gateway=Gateway(name="g")) for way in ways]
    models = [Model(id=str(number)) for number in range(4)]
    cases = tuple(Case(gateway="g", probe="chat", way=w, model=m) for w in ways for m in models)
    terminal = Shown()
    display = Display(terminal, lanes)

    def tell(event, after_s=1.0):
        clock.now += after_s
        display(event)

    tell(CasesPlanned("g", cases))
    return SimpleNamespace(tell=tell, terminal=terminal, cases=cases)


def test_a_case_whose_verdict_waits_for_the_other_way_counts_as_done(run):
    for case in run.cases[:2]:
        run.tell(CaseStarted(case), 0.0)
        run.tell(AttemptFinished(case, Attempt(), None), 5.0)

    assert (run.terminal.last.done, run.terminal.last.total) == (2, 8)
    # Two of eight on both ways took eleven seconds.
    assert run.terminal.last.eta_s == pytest.approx(33.0)
    assert run.terminal.last.names == ["g"]


def test_a_gateway_of_which_all_is_done_is_not_named(run):
    run.tell(CaseStarted(run.cases[0]))
    for case in run.cases:
        run.tell(AttemptFinished(case, Attempt(), None))

    assert (run.terminal.last.done, run.terminal.last.names) == (8, [])


def test_a_case_that_is_tried_again_is_not_done(run):
    run.tell(CaseStarted(run.cases[0]))
    run.tell(AttemptFinished(run.cases[0], Attempt(), 2.0))

    assert run.terminal.last.done == 0
    assert run.terminal.last.names == ["g"]


def test_a_case_counts_once_and_one_that_was_never_sent_counts_too(run):
    sent, unsent = run.cases[:2]
    run.tell(AttemptFinished(sent, Attempt(), None))
    for case in (sent, unsent):
        seen = Observation(case=case)
        run.tell(VerdictReached(Verdict(observation=seen, outcome=Outcome.SKIPPED)))

    assert run.terminal.last.done == 2


def test_who_has_not_got_anywhere_yet_may_take_any_time(monkeypatch):
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr("gatewayz.cli.display.time.monotonic", lambda: clock.now)
    lanes = [Lane(name=n, way="direct", gateway=Gateway(name=n)) for n in ("fast", "slow")]
    cases = tuple(
        Case(gateway=n, probe="chat", model=Model(id=str(number)))
        for n in ("fast", "slow")
        for number in range(2)
    )
    terminal = Shown()
    display = Display(terminal, lanes)
    for gateway in ("fast", "slow"):
        display(CasesPlanned(gateway, tuple(c for c in cases if c.gateway == gateway)))
        clock.now += 1
        display(CaseStarted(next(c for c in cases if c.gateway == gateway)))
    clock.now += 1
    display(VerdictReached(Verdict(observation=Observation(case=cases[0]), outcome=Outcome.PASSED)))

    assert terminal.last.eta_s is None
