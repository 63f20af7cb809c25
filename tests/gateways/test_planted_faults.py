"""A wrong unit, filter or next-page rule in any gateway's file is noticed by the tables.

Each fault is planted in a copy of the file's text, which is then loaded and read as the real one.
"""

import importlib.util
import re
import types

import pytest

from gatewayz.gateways import gateway_names

FAULTS = {
    "price unit ten times too large": [
        (r"price_unit=(\w+)", r"price_unit=10 * \1"),
        (r"PRICE_UNIT = (\w+)", r"PRICE_UNIT = 10 * \1"),
    ],
    "prices swapped": [
        (r'input_price="([^"]+)",(\s+)output_price="([^"]+)"', r'input_price="\3",\2output_price="\1"'),
        (r'"pricing\.input"\),(\s+)_dearest\(live, "pricing\.output"', r'"pricing.output"),\1_dearest(live, "pricing.input"'),
    ],
    "everything is a chat model": [(r"(def is_chat\(.*\) -> bool:\n)", r"\1    return True\n")],
    "nothing is a chat model": [(r"(def is_chat\(.*\) -> bool:\n)", r"\1    return False\n")],
    "no next page": [(r"(def next_page\([^)]*\) -> str \| None:\n)", r"\1    return None\n")],
    "the same page again": [(r"current \+ 1", "current"), (r"&pageToken=\{[^}]*\}", "")],
    "a page too far": [(r"current >= total", "current > total"), (r" if (token|query) else None", "")],
    "window from another field": [
        (r'context_tokens="[^"]+"', 'context_tokens="elsewhere"'),
        (r'"context_length"\)\) for p', '"elsewhere")) for p'),
    ],
    "name from another field": [(r'(\bname)="(name|display_name|displayName)"', r'\1="elsewhere"')],
}  # fmt: skip

# Gateways whose file has something of the kind; the others take the common rule or have none.
PRICED = {"openrouter", "together", "cerebras", "nebius", "xai", "novita", "huggingface", "chutes", "deepinfra"}  # fmt: skip
PAGED = {"openrouter", "featherless", "google"}
FILTERED = set(gateway_names()) - {"featherless"}


def source_of(name):
    spec = importlib.util.find_spec(f"gatewayz.gateways.{name}")
    with open(spec.origin) as file:
        return file.read()


def gateway_in(source):
    module = types.ModuleType("planted")
    exec(compile(source, "planted", "exec"), module.__dict__)
    return module.GATEWAY


def planted(name, fault):
    """The file's text with the fault in it; None when there is no place for it."""
    source = source_of(name)
    for pattern, replacement in FAULTS[fault]:
        source = re.sub(pattern, replacement, source)
    return None if source == source_of(name) else source


def cases():
    return [
        pytest.param(name, source, id=f"{name}: {fault}")
        for name in gateway_names()
        for fault in FAULTS
        if (source := planted(name, fault)) is not None
    ]


@pytest.mark.parametrize(("name", "source"), cases())
def test_a_planted_fault_no_longer_matches_the_table(name, source, fixture_of, read, expected):
    faulty = read(gateway_in(source), fixture_of(name)["pages"])

    assert faulty != expected[name]


def test_the_files_themselves_match_when_loaded_this_way(gateway_name, fixture_of, read, expected):
    untouched = read(gateway_in(source_of(gateway_name)), fixture_of(gateway_name)["pages"])

    assert untouched == expected[gateway_name]


@pytest.mark.parametrize(
    ("fault", "gateways"),
    [
        ("price unit ten times too large", PRICED),
        ("prices swapped", PRICED),
        ("everything is a chat model", FILTERED),
        ("no next page", PAGED),
        ("a page too far", PAGED),
    ],
)
def test_each_kind_of_fault_finds_its_place_in_every_file_that_has_one(fault, gateways):
    assert {name for name in gateway_names() if planted(name, fault)} == gateways


# Documents in another shape that the gateway also reads; test_catalogs.py says what comes out.
OTHER_SHAPES = {"google": ("compatible",), "nebius": ("plain",), "xai": ("all_models",)}

# A condition of a filter, and its opposite.
_CONDITIONS = (
    (r" and ", " or "),
    (r" or ", " and "),
    (r"\bnot ", ""),
    (r" == ", " != "),
    (r" != ", " == "),
    (r" is not True", " is True"),
    (r" is not False", " is False"),
    (r" not in ", " in "),
)


def turned_conditions():
    """Each condition of each filter turned round, one at a time."""
    for name in sorted(FILTERED):
        source = source_of(name)
        start = source.index("def is_chat(")
        end = source.index("\n\n\n", start)
        body_start = source.index('"""\n', source.index('"""', start) + 3) + 4
        body = source[body_start:end]
        for pattern, other in _CONDITIONS:
            for number, match in enumerate(re.finditer(pattern, body)):
                turned = body[: match.start()] + other + body[match.end() :]
                text = source[:body_start] + turned + source[end:]
                yield pytest.param(name, text, id=f"{name}: '{match.group().strip()}' {number + 1}")


@pytest.mark.parametrize(("name", "source"), list(turned_conditions()))
def test_a_condition_turned_round_in_a_filter_is_noticed(name, source, fixture_of, read, expected):
    documents = fixture_of(name)
    variants = [documents[key] for key in OTHER_SHAPES.get(name, ())]
    real = gateway_in(source_of(name))

    faulty = gateway_in(source)
    try:
        same = read(faulty, documents["pages"]) == expected[name]
        same = same and all(read(faulty, pages) == read(real, pages) for pages in variants)
    except TypeError:
        same = False  # an entry that leaves a field out is no longer survived

    assert not same
