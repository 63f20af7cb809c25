"""Whatever a provider writes, no terminal and no reader of a report obeys it."""

import io
import json
import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from tests.hostile import FORBIDDEN, STRINGS, verdicts

from gatewayz.core.codec import to_json
from gatewayz.core.text import display_width, well_formed
from gatewayz.measure import summarize
from gatewayz.reports import REPORTS
from gatewayz.reports.markdown import cell
from gatewayz.reports.terminal import Terminal


@pytest.fixture(params=STRINGS.values(), ids=list(STRINGS))
def text(request):
    return request.param


@pytest.fixture
def rendered(make, text):
    """A report over a run that is full of the text."""

    def render(name, text=text):
        found = verdicts(text)
        return REPORTS[name].render(make.run(*found), summarize(found)).decode()

    return render


@pytest.mark.parametrize("name", [name for name in REPORTS if name != "json"])
def test_no_report_holds_what_is_obeyed_or_unseen(name, rendered):
    # Emoji may hold together; a joiner hides nowhere else.
    assert not re.search(FORBIDDEN, rendered(name))


@pytest.mark.parametrize("options", [{}, {"verbose": True}, {"color": True, "verbose": True}])
def test_no_terminal_is_handed_what_it_would_obey(text, options):
    out = io.StringIO()
    terminal = Terminal(out, environ={}, live=False, **options)
    found = verdicts(text)
    terminal.gateway_block(text, chosen=1, verdicts=found, problem=found[0])
    terminal.line(text)
    terminal.note(text)
    terminal.summary(summarize(found))

    shown = re.sub(r"\x1b\[(3\d|0)m", "", out.getvalue()) if "color" in options else out.getvalue()
    assert not re.search(FORBIDDEN, shown)


def test_a_text_cannot_forge_a_line_of_the_printout(rendered):
    lines = rendered("terminal", STRINGS["forged lines"]).splitlines()

    assert sum(line.startswith("TOTAL: ") for line in lines) == 1
    assert sum(bool(re.match(r"\[\d+/\d+\] ", line)) for line in lines) == 4


def test_the_printout_keeps_to_its_columns(rendered):
    # But for a command, whose words are never broken.
    lines = [x for x in rendered("terminal").splitlines() if not x.startswith("          ")]

    assert max(map(display_width, lines)) <= 78


def test_markdown_stays_the_document_it_was_to_be(rendered):
    page = MarkdownIt("commonmark").enable("table").render(rendered("markdown"))
    plain = MarkdownIt("commonmark").enable("table").render(rendered("markdown", "harmless"))

    tags = re.findall(r"</?[a-z0-9]+", page)
    assert tags == re.findall(r"</?[a-z0-9]+", plain)
    assert not set(tags) & {"<a", "<img", "<script"}


MARKUP = st.lists(
    st.sampled_from(
        [*"`*_{}[]()<>#+!|~&@:$=\"^\\.-/ ab1'é界", "**", "__", "``", "~~", "1. ", "- ", "---", "&amp;",
         "&#42;", "<a href=x>", "<script>", "![a](b)", "[x](y)", "[^1]", "http://e.example"]
    ),
    max_size=9,
).map("".join)  # fmt: skip


@given(MARKUP)
@example(text="*a* `b` [c](d) <e> _f_ ~~g~~ &lt; \\* | h")
def test_markdown_shows_what_was_written_and_obeys_none_of_it(text):
    shown = " ".join(text.split())
    for before, after in (("x ", " y"), ("**Remedy:** ", ""), ("#### ", ": y"), ("- ", ": y")):
        (content,) = contents(f"{before}{cell(text)}{after}")
        around = "".join(contents(f"{before}q{after}"))
        assert content == " ".join(around.replace("q", shown).split())
    row = contents(f"| a | b |\n|---|---|\n| {cell(text)} | {cell(text)} |")
    assert row == ["a", "b", shown, shown]


def contents(document):
    """The text of each line that a page shows, where nothing in it is markup but our own."""
    ours = {"text", "text_special", "strong_open", "strong_close"}
    found = []
    for token in MarkdownIt("gfm-like", {"linkify": False}).parse(document):
        assert token.type not in ("fence", "code_block", "html_block", "hr", "blockquote_open")
        if token.type == "inline":
            assert {child.type for child in token.children} <= ours
            found.append(" ".join("".join(child.content for child in token.children).split()))
    return found


def test_markdown_links_no_address_that_a_provider_wrote():
    # GitHub links these without being asked to; a backslash within keeps it from that.
    assert cell("http://evil.example") == "http\\://evil.example"
    assert cell("WWW.evil.example") == "WWW\\.evil.example"
    assert cell("mailto:a@evil.example") == "mailto\\:a&#64;evil.example"


def test_markdown_is_written_in_time_that_grows_as_the_text_does():
    # Squared, each of these would take longer than a test may.
    for text in ("a" + "_" * 300_000 + "b", "#" * 300_000 + "x", "\\" * 300_000, ":" * 300_000):
        assert len(cell(text)) <= 2 * len(text)


def test_markdown_leaves_as_it_is_what_it_would_not_act_on():
    plain = "Check XAI_API_KEY: set it again (no quotes), or lower `x`."

    assert cell(plain) == plain.replace("`", "\\`")
    assert cell('{"a_b": 1} = "c"; 10:30, d->e! #1 + 2 ^ 3') == (
        '{"a_b": 1} = "c"; 10:30, d->e! #1 + 2 ^ 3'
    )


def test_junit_opens_and_holds_one_case_each(rendered):
    root = ET.fromstring(rendered("junit"))

    assert len(root.findall("testsuite/testcase")) == 4
    assert {child.tag for case in root.iter("testcase") for child in case} <= {
        "failure", "error", "skipped", "system-out",
    }  # fmt: skip
    assert "<!DOCTYPE" not in rendered("junit")


def test_json_is_strict_and_keeps_the_original(rendered, text):
    def refuse(word):
        raise ValueError(word)

    document = json.loads(rendered("json"), parse_constant=refuse)

    first = document["results"][0]
    assert first["wire"][0]["excerpt"] == well_formed(text)
    assert first["wire"][0]["reply"]["tool_calls"][0]["name"] == to_json(well_formed(text))
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", rendered("json"))
