"""The pytest plugin: any test that takes `verdict` runs once per gateway, model and probe.

What is tested stands in the module's TEST_CONFIG, GATEWAY_INFO and WAY, or in pytest's options and
ini values, gatewayz.toml and the environment. See docs/cli.md, "Pytest".
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from gatewayz.cli.pytest_roll import ModuleRoll, Planned, ToldVerdict

_PROPERTY = "gatewayz_case"


class _State:
    """What one session knows: the rolls of its modules, the tests that are to run, what ran."""

    def __init__(self) -> None:
        self.rolls: dict[str, ModuleRoll] = {}
        self.selected: dict[str, list[Planned]] = {}
        self.seen = False
        self.ran = False

    @property
    def all_skipped(self) -> bool:
        """Whether there were roll-call tests and each was skipped."""
        return self.seen and not self.ran


_STATE = pytest.StashKey[_State]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The few options; everything else has a place in gatewayz.toml and the environment."""
    group = parser.getgroup("gatewayz", "Gatewayz: test models behind gateways")
    group.addoption(
        "--gatewayz-gateway",
        action="append",
        metavar="NAME",
        help="test these gateways only (may be given again)",
    )
    group.addoption("--gatewayz-models", metavar="N|all|GLOB", help="models per gateway")
    group.addoption("--gatewayz-way", choices=("direct", "api", "both"), help="the way to them")
    group.addoption(
        "--allow-all-skipped",
        action="store_true",
        help="let a session pass in which every roll-call test was skipped",
    )
    parser.addini("gatewayz_gateways", "gateways to test", type="args", default=[])
    parser.addini("gatewayz_models", "models per gateway: a number, all, or a pattern", default="")
    parser.addini("gatewayz_way", "direct, api or both", default="")


def pytest_configure(config: pytest.Config) -> None:
    """A fresh state for this session."""
    state = config.stash[_STATE] = _State()
    config.pluginmanager.register(_Counter(state), "gatewayz-counter")


@pytest.fixture
def verdict(request: pytest.FixtureRequest) -> ToldVerdict:
    """The verdict over one gateway, model and probe, once it is reached.

    `verdict.outcome` is "passed", "failed" or "unknown"; `verdict.told` says why and what to do.
    What was not run is skipped, with the reason. A failure that is in quarantine may fail its test, and
    is reported as expected.
    """
    planned: Planned = request.param
    state = request.config.stash[_STATE]
    module = _module_of(request.node)
    request.node.user_properties.append((_PROPERTY, planned.id))
    # A worker of pytest-xdist has all tests and runs a share of them, so it asks one by one.
    alone = hasattr(request.config, "workerinput")
    together = [planned] if alone else state.selected.get(module, [planned])
    found = state.rolls[module].verdict(planned, together)
    if found.outcome == "skipped":
        pytest.skip(found.told)
    if found.quarantined:
        # Not strict, whatever the project's ini says: a test may be content with the verdict.
        request.node.add_marker(pytest.mark.xfail(reason=found.quarantined, strict=False))
    return found


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test per planned case, for each function that takes our `verdict`."""
    if "verdict" not in metafunc.fixturenames or not _is_ours(metafunc):
        return
    from gatewayz.core.errors import GatewayzError

    state = metafunc.config.stash[_STATE]
    module = _module_of(metafunc.definition)
    if module not in state.rolls:
        try:
            state.rolls[module] = _roll_of(metafunc.module, metafunc.config)
        except GatewayzError as error:
            # Told in one line, where a traceback would only hide it.
            raise pytest.Collector.CollectError(f"gatewayz: {error}") from None
    planned = state.rolls[module].planned
    metafunc.parametrize("verdict", planned, ids=[one.id for one in planned], indirect=True)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Remembers what is left after -k and the like: nothing else is sent."""
    state = session.config.stash[_STATE]
    for item in session.items:
        # Only functions that are parametrized have one.
        params = getattr(getattr(item, "callspec", None), "params", {})
        planned = params.get("verdict")
        if planned is not None and _module_of(item) in state.rolls:
            state.selected.setdefault(_module_of(item), []).append(planned)


def pytest_report_collectionfinish(config: pytest.Config) -> list[str]:
    """A line for each client file that cannot be used."""
    rolls = config.stash[_STATE].rolls.values()
    return [f"gatewayz: {line}" for roll in rolls for line in roll.problems]


class _Counter:
    """Counts reports, of this process or of pytest-xdist's workers."""

    def __init__(self, state: _State) -> None:
        self._state = state

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Takes one report into account."""
        if any(name == _PROPERTY for name, _ in report.user_properties):
            self._state.seen = True
            self._state.ran = self._state.ran or report.when == "call"


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Ends what is under way; a session in which nothing was tested does not pass."""
    state = session.config.stash[_STATE]
    for roll in state.rolls.values():
        roll.end()
    allowed = session.config.getoption("--allow-all-skipped")
    if exitstatus == pytest.ExitCode.OK and state.all_skipped and not allowed:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Says why a session without a failure does not pass."""
    if config.stash[_STATE].all_skipped and not config.getoption("--allow-all-skipped"):
        terminalreporter.write_line(
            "gatewayz: every roll-call test was skipped, so nothing was tested; set a key, or pass "
            "--allow-all-skipped",
            red=True,
        )


def _roll_of(module: Any, config: pytest.Config) -> ModuleRoll:
    from gatewayz.cli.pytest_roll import ModuleRoll
    from gatewayz.cli.script import check_test_config

    test_config = getattr(module, "TEST_CONFIG", {})
    check_test_config(test_config)
    ini = {
        "gateways": config.getini("gatewayz_gateways"),
        "models": config.getini("gatewayz_models"),
        "mode": config.getini("gatewayz_way"),
    }
    way = getattr(module, "WAY", "")
    return ModuleRoll(
        test_config={
            **{name: value for name, value in ini.items() if value},
            **({"mode": way} if way else {}),
            **test_config,
        },
        gateway_info=getattr(module, "GATEWAY_INFO", None),
        flags={
            "gateways": config.getoption("--gatewayz-gateway"),
            "models": config.getoption("--gatewayz-models"),
            "mode": config.getoption("--gatewayz-way"),
        },
        folder=Path(config.invocation_params.dir),
    )


def _module_of(node: pytest.Item | pytest.FixtureRequest | Any) -> str:
    """The file a test stands in."""
    return str(node.path)


def _is_ours(metafunc: pytest.Metafunc) -> bool:
    """Whether `verdict` is this plugin's: a project may well have a fixture of that name."""
    marks = metafunc.definition.iter_markers("parametrize")
    if any("verdict" in str(mark.args[:1]) for mark in marks):
        return False
    found = metafunc._arg2fixturedefs.get("verdict", ())  # noqa: SLF001 -- pytest shows it nowhere else
    return bool(found) and found[-1].func.__module__ == __name__
