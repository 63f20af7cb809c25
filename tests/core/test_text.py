import base64
import html
import json
import re
import time
import unicodedata
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatewayz.core.known_keys import MOST_CUTS
from gatewayz.core.text import (
    Redactor,
    display_width,
    excerpt,
    fit,
    json_to_show,
    of_json,
    shows_nothing,
    visible,
    well_formed,
)  # fmt: skip

KEY = "sk-or-v1-" + "0a1b2c3d4e5f6789" * 3
ODD = 'pass word+/&"\\é€-0123456789'


def left_of(key, text):
    return [text[at : at + 6] for at in range(len(text) - 5) if text[at : at + 6] in key]


@settings(max_examples=300, deadline=None)
@given(st.text())
def test_nothing_that_is_shown_is_obeyed_by_a_terminal(text):
    for shown in (visible(text), visible(text, keep_newlines=True)):
        for ch in shown.replace("\n", "").replace("\u200d", ""):
            assert unicodedata.category(ch) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
        assert "\x1b" not in shown
        assert "\r" not in shown
        shown.encode()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("\x1b]52;c;aGk=\x07", "\\x1b]52;c;aGk=\\x07"),
        ("a\rb\x08", "a\\x0db\\x08"),
        ("\x9b31m", "\\x9b31m"),
        ("gpt\u200b-4", "gpt\\u200b-4"),
        ("gpt\u200d-4", "gpt\\u200d-4"),
        ("\u202eevil", "\\u202eevil"),
        ("\U000e0041", "\\U000e0041"),
        ("a\u3164", "a\\u3164"),
        ("a\tb\nc", "a b\\nc"),
        ("\ud800", "\\ud800"),
        ("👩\u200d🚀 東京 é", "👩\u200d🚀 東京 é"),
    ],
)
def test_what_hides_is_made_visible(text, shown):
    assert visible(text) == shown


@settings(max_examples=300, deadline=None)
@given(st.text("aé東🦙\u0301 x", max_size=60), st.integers(1, 40))
def test_a_fitted_text_takes_exactly_its_columns(text, width):
    assert display_width(fit(text, width)) == width


def test_a_long_name_is_cut_with_an_ellipsis():
    assert fit("abcdef", 4) == "abc…"
    assert fit("東京東京", 4) == "東… "
    assert fit("ab", 4) == "ab  "


@given(st.text(max_size=1500), st.integers(20, 600))
def test_an_excerpt_has_a_bound_and_both_ends(text, limit):
    cut = excerpt(text, limit)

    assert len(cut) <= limit
    if len(text) > limit:
        assert text.startswith(cut.split(" ... ")[0][:5])
        assert cut.endswith(text[-1])


@pytest.mark.parametrize("key", [KEY, ODD])
def test_a_secret_is_taken_out_in_all_its_forms(key):
    redact = Redactor([key])
    raw = key.encode()
    forms = [
        key, quote(key, safe=""), quote_plus(key), base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
    ]  # fmt: skip

    for form in forms:
        text = redact(f"before {form} after")
        assert form not in text
        assert text.startswith("before ")
        assert text.endswith(" after")


@pytest.mark.parametrize("size", range(6, len(KEY)))
def test_no_part_of_a_secret_is_left_at_a_border(size):
    redact = Redactor([KEY])
    head, tail = KEY[:size], KEY[-size:]

    for text in (f"x {head}", f"{tail} y", f"x {head} ... y", f"x ... {tail} y", head, tail):
        assert left_of(KEY, redact(text)) == []


def test_what_looks_like_a_key_is_taken_out_though_nobody_told():
    redact = Redactor()

    for key in ("sk-proj-AbCdEf0123456789AbCdEf", "gsk_abcdefghij0123456789", "AIza" + "x" * 35,
                "cpk_" + "ab12" * 8 + "." + "cd34" * 8, "Bearer abcdefgh12345"):  # fmt: skip
        assert "***" in redact(f"key {key} refused")


@pytest.mark.parametrize(
    "text",
    ["meta-llama/Llama-3.3-70B-Instruct", "xai-grok-4-fast-non-reasoning", "hf-internal/tiny",
     "openai/gpt-oss-120b", "key_word_of_the_day_is_banana", "task-oriented", "Bearer auth"],
)  # fmt: skip
def test_ids_and_words_are_left_alone(text):
    assert Redactor([KEY])(text) == text


def test_a_redactor_shows_no_secret_and_ignores_short_values():
    redact = Redactor([KEY, "abc", ""])

    assert KEY not in repr(redact)
    assert redact("abc") == "abc"


def test_taking_secrets_out_of_a_megabyte_is_linear():
    redact = Redactor([KEY, ODD])

    # Quadratic work would pass the suite's time limit.
    for text in ("x" * 1_000_000, KEY * 20_000, "sk-" * 300_000, "Bearer " * 150_000):
        assert left_of(KEY, redact(text)) == []


@given(st.text(st.characters(), max_size=50))
def test_well_formed_text_is_valid_whatever_came(text):
    made = well_formed(text)

    made.encode("utf-8")
    assert "\x00" not in made


def test_halves_side_by_side_are_one_character():
    assert well_formed("\ud83d\ude00") == "😀"
    assert well_formed("a\ud83d b") == "a\ufffd b"


@pytest.mark.parametrize("key", [KEY, ODD])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("before", [b"", b"u", b"us", b"use", b"user:"])
def test_base64_hides_no_key_wherever_it_stands(key, encode, before):
    packed = encode(before + key.encode() + b":more").decode()

    shown = Redactor([key])(f"Authorization: Basic {packed}")

    assert "***" in shown
    # A few characters at either end depend on the neighbours, and hold next to nothing of the key.
    left = packed.replace(" ", "")
    kept = max(shown.replace("Authorization: Basic ", "").split("***"), key=len)
    assert len(kept) <= 4 + len(before) * 4 // 3 + len(":more") * 4 // 3 + 4
    assert len(kept) < len(left) / 2


@pytest.mark.parametrize(
    "form", [html.escape(ODD), quote(ODD), json.dumps(ODD)[1:-1].replace("/", "\\/")]
)
def test_escaped_forms_of_a_key_are_taken_out(form):
    assert Redactor([ODD])(f"<{form}>") == "<***>"


def test_a_short_secret_in_base64_takes_no_common_words_along():
    redact = Redactor(["secret"])

    assert redact("c2Vj is no secret") == "c2Vj is no ***"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"a": "b', "Unterminated string starting at character 6"),
        ('{"a" 1}', "Expecting ':' delimiter at character 5"),
    ],
)
def test_a_parsers_complaint_says_where_it_is_once(text, told):
    with pytest.raises(json.JSONDecodeError) as error:
        json.loads(text)

    assert of_json(error.value) == told


LONG = "Tq7Zp2Vx9LmN4Rb8Wc3Hd6Jf1Ks5Gy0Ua2Ei4Oo6Bz8Xv"
SIGNS = "ab/cd+ef=gh12ij34kl56&n78"


def lowered(text):
    return re.sub("%[0-9A-F]{2}", lambda sign: sign[0].lower(), text)


def escaped(key, form):
    return "".join(c if c.isalnum() else form.format(ord(c)) for c in key)


@pytest.mark.parametrize(
    "form",
    [
        lowered(quote(SIGNS, safe="")),
        lowered(quote(SIGNS)),
        quote(quote(SIGNS, safe=""), safe=""),
        escaped(SIGNS, "\\u00{:02X}"),
        escaped(SIGNS, "\\u00{:02x}"),
        json.dumps(escaped(SIGNS, "\\u00{:02X}"))[1:-1],
        json.dumps(json.dumps(SIGNS.replace("/", "\\/")))[3:-3],
        escaped(SIGNS, "&#{};"),
        escaped(SIGNS, "&#x{:x};"),
        escaped(SIGNS, "\\x{:02x}"),
        "".join(f"%{ord(c):02x}" for c in SIGNS),
        # As much of it as somebody thought fit to escape.
        SIGNS.replace("+", "%2b").replace("=", "\\u003D").replace("&", "&amp;"),
    ],
)
def test_no_spelling_of_a_key_escapes_whoever_wrote_it(form):
    assert Redactor([SIGNS])(f"<{form}> is odd") == "<***> is odd"
    assert Redactor([SIGNS])(f"<{form[:-3]}> is odd") == "<***> is odd"


@pytest.mark.parametrize("mark", ["", "...", "…", "***", "•••", "****"])
@pytest.mark.parametrize("size", [12, 13, 20, 40, 46])
def test_a_key_that_was_cut_shorter_is_no_key_any_more(size, mark):
    redact = Redactor([LONG])

    for part in (LONG[:size], LONG[-size:], LONG[3 : 3 + size], LONG[4 : 4 + size]):
        assert redact(f"Key {part}{mark} (truncated) is not valid").startswith("Key ***")
        assert left_of(LONG, redact(f"Key {part}{mark} is not valid")) == []


@pytest.mark.parametrize("mark", ["...", "…", "****", "•••", "********"])
def test_both_ends_of_a_key_that_somebody_masked_are_masked(mark):
    shown = Redactor([LONG])(f"Incorrect key provided: {LONG[:7]}{mark}{LONG[-7:]}. See our page.")

    assert left_of(LONG, shown) == []
    assert shown.startswith("Incorrect key provided: ***")
    assert shown.endswith("***. See our page.")


def test_words_in_the_middle_of_a_key_are_words_of_any_text():
    redact = Redactor(["local-authentication-key-of-mine"])

    text = "authentication failed: an authentication header is required"
    assert redact(text) == text
    assert redact("the key local-authentication-key-of-mine fails") == "the key *** fails"
    assert redact("the key local-authentication-k fails") == "the key *** fails"


@given(st.lists(st.sampled_from([LONG, SIGNS, LONG[:15], SIGNS[5:], "%2f", "\\/", "x ", "..."])))
def test_of_many_keys_beside_each_other_no_run_is_left(parts):
    shown = Redactor([LONG, SIGNS])("".join(parts))

    for key in (LONG, SIGNS):
        assert [shown[at : at + 12] for at in range(len(shown)) if shown[at : at + 12] in key
                and len(shown) - at >= 12] == []  # fmt: skip


@pytest.mark.parametrize(
    "unit",
    ["sk-", "pk_", "gw_", "key-", "sk- ", "sk-a.", "lorem ipsum dolor ", "%2f", "\\/", "\\", "&amp;",
     "...a", "Bearer ", "sk-0123456789abcd", LONG, LONG[:12], "aaaaaaa"],
)  # fmt: skip
def test_many_keys_cost_as_much_as_one(unit):
    many = Redactor([LONG, SIGNS, *(f"sk-{n:03}-{'0a1B2c3D4e5F' * 3}" for n in range(30))])
    text = unit * (500_000 // len(unit))
    many("warm")

    began = time.process_time()
    many(text)

    # Some 20 to 100 ms; a search for each of the keys takes seconds.
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize("flood", [LONG * 2000, f"{LONG[:12]} " * 2000, "%2f" * 200_000])
def test_a_text_of_nothing_but_keys_or_escapes_goes_as_a_whole(flood):
    shown = Redactor([LONG])(f"before {flood} after {LONG}")

    assert shown.endswith("***")
    assert "after" not in shown
    assert left_of(LONG, shown) == []


def test_a_text_that_was_harmless_is_not_once_its_key_is_known():
    redact = Redactor()
    text = "the key local-authentication-key-of-mine fails"
    assert redact(text) == redact(text) == text
    assert redact.without_values(text) == text

    redact.add("local-authentication-key-of-mine")

    assert redact(text) == redact.without_values(text) == "the key *** fails"


@pytest.mark.parametrize("key", ["sk-a1b2c3d4e5f6g7h8i9", "pk_" + "word-" * 6 + "0a1b2c3d4e5f6g7h"])
@pytest.mark.parametrize("before", ["", "x ", "sk-", "sk-sk-gw_", "not-a-key-word-here-"])
def test_what_looks_like_a_key_is_found_behind_what_only_begins_like_one(key, before):
    assert Redactor()(f"{before}{key} !") in (f"{before}*** !", "*** !", "x *** !",
                                              "not-a-*** !")  # fmt: skip


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u034fb", "a\\u034fb"),
        ("a\u17b4\u17b5b", "a\\u17b4\\u17b5b"),
        ("a\ufe0fb", "a\\ufe0fb"),
        ("a\U000e0100b", "a\\U000e0100b"),
        ("👩\u200devil", "👩\\u200devil"),
        ("👩\ufe0f\ufe0f", "👩\ufe0f\\ufe0f"),
        ("❤\ufe0f\u200d🔥 1\ufe0f\u20e3 ©\ufe0f", "❤\ufe0f\u200d🔥 1\ufe0f\u20e3 ©\ufe0f"),
        ("1\ufe0f2", "1\\ufe0f2"),
    ],
)
def test_marks_of_no_width_show_unless_they_make_a_picture(text, shown):
    assert visible(text) == shown


@settings(max_examples=300, deadline=None)
@given(st.text())
def test_a_json_document_to_show_says_the_same_and_is_obeyed_by_no_terminal(text):
    text = well_formed(text) + "\x7f\x9b2J\u202e\ufe0f\U000e0041é東🦙"
    shown = json_to_show(json.dumps([text], ensure_ascii=False))

    assert json.loads(shown) == [text]
    assert shown.endswith('é東🦙"]')
    for ch in shown:
        assert unicodedata.category(ch) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


def test_in_a_text_of_more_cuts_than_any_has_all_goes_from_a_part_of_a_key_on():
    key = "sk-proj-aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5bC7dE9fG1hJ3"
    redact = Redactor([key])
    few, many = "...a" * 1000, "...a" * MOST_CUTS

    assert redact(f"told {key[:8]}{few}") == f"told ***{few}"
    assert redact(f"told{many}...{key[:8]}{many}") == f"told{many}...***"
    assert redact(many) == many


UNSEEN = (
    "\u202e\u2066\u061c\u180e\u034f\u115f\u3164\u2800\ufe0f\U000e0001\x00\x7f\x1b\u200b\u200d\u2060\ufeff"
    "\xad\x85\u2028\u3000\xa0\ufff9 \n"
)


@pytest.mark.parametrize(
    "text",
    [*UNSEEN, UNSEEN, "", "\x1b[0m\x1b[31m", "\x9b1m", "\x1b]0;a title\x07", "\x1b]8;;x\x1b\\"],
)
def test_what_shows_nothing_is_known(text):
    assert shows_nothing(text)


@pytest.mark.parametrize(
    "text",
    ["a", "é", "東", "🦙", "\u0301", "\U0001fae9", "\ue000", "\ufffd", "▁", ".", "\u202ea", "\x1b[31mred",
     " " * 99 + "x", "\x1b]never closed", "\U0003ffff"],
)  # fmt: skip
def test_what_shows_something_is_known(text):
    assert not shows_nothing(text)


def test_nul_is_an_escape_beside_what_is_seen_and_nothing_by_itself():
    assert well_formed("a\x00b") == "a\\x00b"
    assert well_formed("é\x00") == "é\\x00"
    assert well_formed("\x00\x00 ") == " "
