"""The page on JSON names every schema that the code prints, and no other."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRINTED = re.compile(r'"gatewayz/([a-z-]+/\d+)"|documents\.document\(\s*"([a-z-]+/\d+)"')


def test_every_schema_is_on_the_page_and_no_other():
    sources = [*(ROOT / "src/gatewayz").rglob("*.py")]
    told = {
        first or second
        for path in sources
        for first, second in PRINTED.findall(path.read_text(encoding="utf-8"))
    }
    page = (ROOT / "docs/json.md").read_text(encoding="utf-8")

    assert set(re.findall(r"`gatewayz/([a-z-]+/\d+)`", page)) == told
