"""Error answers of the world, and the name each gets.

`error_answers.json` holds what providers and servers really send, by source: [name, status, body,
headers, whether a key was sent]. Texts are short quotations from public documents and threads.
`error_paraphrases.json` holds the same causes in other words, languages and envelopes, made up by
name: [status, body, headers].
"""

import json
from collections import Counter
from pathlib import Path

import pytest

from gatewayz.core.failures import besides, classify
from gatewayz.core.gateway import Quirks
from gatewayz.core.kinds import KINDS

HERE = Path(__file__).parent
ANSWERS = json.loads((HERE / "error_answers.json").read_text(encoding="utf-8"))
PARAPHRASES = json.loads((HERE / "error_paraphrases.json").read_text(encoding="utf-8"))

REAL = [row for rows in ANSWERS.values() for row in rows]
MADE_UP = [[name, *row] for name, rows in PARAPHRASES.items() for row in rows]


def names_of(attempt):
    """The class, and all names that an attempt's failure may be known by."""
    found = classify(attempt, Quirks())
    names = {found.label} | {f.kind for f in besides(attempt, found, Quirks())}
    return found.failure_class, found.label, names


def class_of(name):
    return KINDS[name].failure_class if name in KINDS else name


def scores(rows, refused):
    """Shares of right names and of right classes, and what was named wrong."""
    names = classes = 0
    wrong = []
    for name, status, body, *rest in rows:
        failure_class, label, all_names = names_of(refused(status, body, *rest))
        # A flattened status is told besides what it hides.
        right = name in all_names if name == "status-flattened" else name == label
        names += right
        classes += right or failure_class == class_of(name)
        if not right:
            wrong.append(f"{name}: {label} for {status} {json.dumps(body, ensure_ascii=False)}")
    return names / len(rows), classes / len(rows), "\n".join(wrong)


@pytest.mark.parametrize("rows", [REAL, MADE_UP], ids=["real", "made-up"])
def test_errors_get_their_name_and_class(rows, refused):
    names, classes, wrong = scores(rows, refused)

    assert names >= 0.99, wrong
    assert classes >= 0.995, wrong


def test_there_are_answers_enough_to_tell():
    assert len(REAL) >= 400
    assert len(MADE_UP) >= 300
    kinds = Counter(name for name, *_ in REAL + MADE_UP)
    assert {name for name in kinds if name not in KINDS} == {"bad-request", "server-error"}
    assert [name for name, many in kinds.items() if many < 8 and name not in RARE] == []


# One body there is in reality, or hardly more.
RARE = {
    "auth-no-key", "server-error", "server-500-empty", "tls-version-mismatch", "moved-endpoint",
    "first-byte-timeout", "bad-gateway-html", "server-500-html-trace", "error-as-bare-string",
    "reasoning-ate-budget",
}  # fmt: skip


@pytest.mark.parametrize("rows", [REAL, MADE_UP], ids=["real", "made-up"])
def test_keys_in_another_order_and_more_of_them_change_no_name(rows, refused):
    changed = []
    for _name, status, body, *rest in rows:
        if not isinstance(body, dict) or status == 200:
            continue
        other = dict(reversed([*body.items(), ("trace_id", "7f3a"), ("ts", 1787000000)]))
        before, after = (names_of(refused(status, b, *rest))[1] for b in (body, other))
        if before != after:
            changed.append(f"{before} -> {after}: {json.dumps(body, ensure_ascii=False)}")

    assert changed == []


WRAPPINGS = {
    "in detail": lambda error: {"detail": {"error": error}},
    "in a list": lambda error: [{"error": error}],
    "as JSON again": lambda error: {"message": json.dumps({"error": error}, ensure_ascii=False)},
    "in errors": lambda error: {"errors": [error]},
    "under a foreign key": lambda error: {"fehler": error},
}


@pytest.mark.parametrize("wrap", WRAPPINGS.values(), ids=WRAPPINGS)
def test_an_envelope_changes_no_class(wrap, refused):
    """Of errors that say something; what says nothing is told by its shape."""
    shapes = ("error-body-odd-shapes", "error-as-bare-string", "bad-request", "status-flattened")
    rows = [r for r in MADE_UP if r[1] != 200 and r[0] not in shapes and isinstance(r[2], dict)]
    changed = []
    for name, status, body, *rest in rows:
        if not isinstance(body.get("error"), dict) or body["error"].get("message") == "x":
            continue
        found, label, _ = names_of(refused(status, wrap(body["error"]), *rest))
        if found != class_of(name):
            changed.append(f"{name} -> {label}: {json.dumps(body, ensure_ascii=False)}")

    assert len(changed) <= len(rows) // 100, "\n".join(changed)
