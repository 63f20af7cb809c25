"""The page of a load run in a real Chromium: at three widths, light and dark, full of hostile text."""

import pytest
from tests.browser import DARK, browsing
from tests.hostile import STRINGS
from tests.loads import a_load, empty_load

from gatewayz.reports import LOAD_REPORTS

# A cold browser on a busy machine takes its time.
pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def opened(tmp_path):
    """Opens a report as a person would, and gives what the harness saw and the browser complained of."""
    with browsing(tmp_path) as browser:

        def open_(result, *flags):
            page = LOAD_REPORTS["html"].render(result)
            found, said = browser.open({"report.html": page}, *flags)
            return found["report.html"], said

        yield open_


def test_a_sweep_reads_well_at_every_width(opened):
    found, said = opened(a_load((1, 8, 64), seconds=5))

    assert said == []
    for width, page in found.items():
        assert page["wider"] == 0, f"the page is wider than {width}"
        assert page["cut"] == [], f"labels are cut at {width}"
        assert page["overlapping"] == [], f"labels overlap at {width}"
        assert page["pictures"] > 10
        assert page["focused"]
        assert page["reachable"]
    assert [found[width]["columns"] for width in ("360", "768", "1400")] == [1, 2, 2]


def test_a_page_follows_the_readers_theme(opened):
    light, _ = opened(a_load(seconds=2))
    dark, said = opened(a_load(seconds=2), DARK)

    assert said == []
    assert light["768"]["background"] == "rgb(255, 255, 255)"
    assert dark["768"]["background"] == "rgb(21, 24, 29)"


def test_hostile_text_does_nothing_in_a_browser(opened):
    acting = (
        "</title></style></pre><script>window.ran = 1</script><img src=x onerror='window.ran=2'>"
    )
    text = (
        acting
        + "<base href=//evil.example><style>*{display:none}</style>"
        + STRINGS["bidirectional"]
    )
    result = a_load(
        seconds=2,
        names={text: (text, text), f"2{text}": ("b", text)},
        text=text,
        settings={text: text},
        notes=(text,),
        stopped_why=text,
    )
    found, said = opened(result)

    assert said == []
    for page in found.values():
        assert page["acting"] == 0
        assert page["ran"] is None
        assert page["wider"] == 0
        assert page["sections"] == [
            "results", "objectives", "comparisons", "distributions", "time", "failures", "client",
            "about",
        ]  # fmt: skip


def test_a_run_without_a_request_is_a_page_too(opened):
    found, said = opened(empty_load())

    assert said == []
    assert found["360"]["wider"] == 0
    assert found["360"]["pictures"] == 0
