"""A large table of models in its frame: which rows are shown is chosen above it, its heads stay in sight.

The choices are style alone. The search is added by a script, and without that the page is whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from gatewayz.reports._markup import el
from gatewayz.reports._matrix import FAILS, MARKS, SOMETIMES, UNKNOWN, Mark
from gatewayz.reports._table_frame import framed
from gatewayz.reports._widgets import TONES, mark

LABEL = "Models against probes"
# More heads than so many stand upright, so that all columns are seen at once.
_MOST_FLAT = 4
_STATES = {FAILS: "is-bad", SOMETIMES: "is-some", UNKNOWN: "is-unknown"}
# What is shown of the matrix, by the state of a model: the word for it and the class of its rows.
_CHOICES = (
    ("all", "All", ""),
    ("bad", "Failing", "is-bad"),
    ("some", "Sometimes", "is-some"),
    ("unknown", "Unknown", "is-unknown"),
)

CSS = "".join(
    f".matrix:has(#show-{name}:checked) tr.model:not(.{cls}),"
    f".matrix:has(#show-{name}:checked) tbody:not(.has-{cls}){{display:none}}"
    for name, _, cls in _CHOICES
    if cls
)

# The search is a convenience: without it the page is whole, and the choices are style alone.
SCRIPT = """
(() => {
  const box = document.getElementById("find");
  if (!box) return;
  box.parentElement.hidden = false;
  const rows = [...document.querySelectorAll(".matrix tr.model")];
  const told = document.getElementById("found");
  const tell = () => {
    const wanted = box.value.trim().toLowerCase();
    for (const row of rows) row.classList.toggle("away", !row.textContent.toLowerCase().includes(wanted));
    // What the choice hides is not shown either.
    const shown = rows.filter((row) => row.getClientRects().length).length;
    told.textContent = wanted || shown < rows.length ? `${shown} of ${rows.length} models` : "";
  };
  box.addEventListener("input", tell);
  for (const choice of document.querySelectorAll(".matrix fieldset > input")) choice.addEventListener("change", tell);
})();
"""


def matrix_frame(table: ET.Element) -> ET.Element:
    """A table whose bodies are `marked`, with what chooses its rows, and the signs explained."""
    used = {name for body in table.iter("tbody") for name in (body.get("class") or "").split()}
    box = el("input", type="search", id="find", autocomplete="off")
    find = el("label", "Find ", box, cls="find", hidden="")
    # Beside the label, of whose name it would be a part, and there before it has anything to say.
    told = el("output", id="found", for_="find", role="status", cls="dim")
    return el("div", _choices(used), find, " ", told, framed(table, LABEL), _legend(), cls="matrix")


def row_class(cells: Iterable[Mark]) -> str:
    """The classes of a model's row, by which it is chosen."""
    return " ".join(["model", *sorted({_STATES[cell] for cell in cells if cell in _STATES})])


def marked(body: ET.Element) -> ET.Element:
    """A body of rows that says which states are in it, so that an empty one goes as a whole."""
    states = {
        name for row in body for name in (row.get("class") or "").split() if name[:3] == "is-"
    }
    if states:
        body.set("class", " ".join(f"has-{state}" for state in sorted(states)))
    return body


def probe_heads(probes: Iterable[str]) -> list[ET.Element]:
    """The heads of the columns."""
    names = list(probes)
    cls = "head up" if len(names) > _MOST_FLAT else "head"
    return [el("th", el("div", name, cls=cls), scope="col") for name in names]


def _choices(used: set[str]) -> ET.Element | None:
    """A choice for every state that some model is in; nothing where all are in one."""
    there = [one for one in _CHOICES if not one[2] or f"has-{one[2]}" in used]
    if len(there) < 2:
        return None
    group = el("fieldset", el("legend", "Which models are shown", cls="unseen"))
    for name, words, cls in there:
        box = el("input", type="radio", name="show", id=f"show-{name}")
        if not cls:
            box.set("checked", "")
        group.extend((box, el("label", words, for_=f"show-{name}")))
    return group


def _legend() -> ET.Element:
    items = (el("li", mark(m.sign, m.words, TONES[m.tag]), m.words) for m in MARKS)
    return el("ul", *items, cls="key-of", aria_label="Signs")
