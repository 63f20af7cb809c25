"""The page of a run in a real Chromium: at four widths, light and dark, with many models, and hostile."""

import pytest
from tests.browser import DARK, browsing
from tests.hostile import STRINGS, verdicts

from gatewayz.core import Outcome
from gatewayz.measure import summarize
from gatewayz.reports import REPORTS

# A cold browser on a busy machine takes its time.
pytestmark = pytest.mark.timeout(180)

ACTING = (
    "</title></style></script></pre><script>window.ran = 1</script>"
    "<img src=x onerror='window.ran=2'><base href=//evil.example><style>*{display:none}</style>"
    + STRINGS["bidirectional"]
)


def rendered(run):
    return REPORTS["html"].render(run, summarize(run.verdicts))


def many(make, models=40):
    names = [f"{'openai/gpt-oss' if n % 4 == 0 else 'meta-llama/llama'}-{n}b" for n in range(models)]  # fmt: skip
    found = [
        make.verdict(name, probe=probe, seconds=0.4 + n / 50, outcome=outcome, kind=kind)
        for n, name in enumerate(names)
        for probe in ("chat", "streaming", "tools", "json_schema", "vision", "long_context")
        for bad in [n % 5 == 0 and probe == "tools"]
        for outcome, kind in [(Outcome.FAILED, "overloaded") if bad else (Outcome.PASSED, "")]
    ]
    return make.run(*found)


@pytest.fixture
def opened(tmp_path, make):
    with browsing(tmp_path) as browser:
        yield lambda *flags: browser.open(
            {
                "usual.html": rendered(many(make)),
                "hostile.html": rendered(make.run(*verdicts(ACTING, ACTING))),
                "empty.html": rendered(make.run()),
            },
            *flags,
        )


def test_a_run_reads_well_at_every_width_in_both_themes(opened):
    light, said = opened()
    dark, _ = opened(DARK)

    assert said == []
    for name, widths in light.items():
        for width, page in widths.items():
            assert page["wider"] == 0, f"{name} is wider than {width}"
            assert page["cut"] == page["overlapping"] == [], f"labels of {name} at {width}"
            assert page["broken"] == [], f"words of {name} at {width}"
            assert page["smallest"] is None or page["smallest"] >= 11, (
                f"letters of {name} at {width}"
            )
            assert page["ran"] is None
            assert page["acting"] == 1, "its own script alone"
            assert page["links"], "a link leads nowhere"
            assert page["names"] == 0, "something that can be reached has no name"
    usual = light["usual.html"]["768"]
    assert usual["stuck"] == "sticky"
    assert usual["find"] == [10, 40, 0, "0 of 40 models", 1, "Find ", ""]
    assert usual["only"] == [8, "8 of 40 models", "Which models are shown", "0 of 40 models"]
    assert usual["focused"]
    assert light["usual.html"]["768"]["background"] == "rgb(255, 255, 255)"
    assert dark["usual.html"]["768"]["background"] == "rgb(21, 24, 29)"
