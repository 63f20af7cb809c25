"""Checks of what an answer says: each finds its fault, and leaves the healthy look-alikes alone."""

import pytest

from gatewayz.checks.in_the_asked_language import in_the_asked_language
from gatewayz.checks.no_gibberish import no_gibberish
from gatewayz.checks.no_mojibake import no_mojibake
from gatewayz.checks.no_repetition_loop import no_repetition_loop
from gatewayz.checks.no_replacement_chars import no_replacement_chars
from gatewayz.checks.no_special_tokens import no_special_tokens
from gatewayz.checks.no_think_tags import no_think_tags
from gatewayz.checks.usable_content import usable_content
from gatewayz.core import ToolCall
from gatewayz.core.usual_question import TEST_ANSWER, TEST_MESSAGE


@pytest.mark.parametrize(
    "text",
    [
        "Paris.<|im_end|>", "<|start_header_id|>assistant<|end_header_id|>\n\nParis", "Paris</s>",
        "</s> Paris", "<s>Paris", "Paris [/INST]", "[INST] Paris", "<<SYS>>be nice<</SYS>> Paris",
        "Paris<end_of_turn>", "<start_of_turn>model\nParis", "Paris<eos>", "Paris<unused99>",
        "Paris <|reserved_special_token_7|>", "Paris<｜end▁of▁sentence｜>", "Paris<|return|>",
        "Paris<extra_id_0>", "<pad><pad>Paris", "ParisĠisĠthere", "Paris▁is▁there", "<0x0A>Paris",
        "Paris<|END_OF_TURN_TOKEN|>", "Paris[gMASK]", "Paris <seed:eos>", "Paris im_end|>",
        "Paris<|endoftext", "Paris<fim_middle>", "[SYSTEM_PROMPT]Paris[/SYSTEM_PROMPT]",
    ],
)  # fmt: skip
def test_control_tokens_in_an_answer_are_leaks(by_hand, text):
    assert by_hand.kind(no_special_tokens(by_hand.seen(text))) == "special-token-leak"


@pytest.mark.parametrize(
    ("request_of", "warning"),
    [
        ({"text": "Which control tokens do chat templates use?"}, True),
        ({"text": TEST_MESSAGE}, False),
        ({"text": TEST_MESSAGE, "echo": TEST_ANSWER}, False),
        ({"oracle": {"digits": "4711"}}, False),
    ],
)
def test_what_a_users_own_question_may_be_about_is_a_warning(by_hand, request_of, warning):
    request = by_hand.asked(**request_of)
    leak = no_special_tokens(by_hand.seen("Turns end with <|im_end|>.", request))
    loop = no_repetition_loop(by_hand.seen("na " * 60, request, finish_reason="length"))

    assert [by_hand.kind(found) for found in (leak, loop)] == [
        "special-token-leak", "repetition-loop",
    ]  # fmt: skip
    assert (leak.warning, loop.warning) == (warning, warning)


@pytest.mark.parametrize(
    "text",
    [
        "Paris", "a < b | c > d", "<b>Paris</b>", "<s>London</s> Paris", "x <| y |> z", "[1] Paris",
        "Write `<|im_end|>` there.", "```\n<|im_end|>\n```", "A table | of | cells |", "List[int]",
        "<https://example.com>", "Ġgantija is in Malta", "F# has |> and <|", "▁▂▃▄▅", "<END OF FILE>",
        "if (a<b && c>d) { }", "<div><span>Paris</span></div>", "[TODO] Paris", "1 << 2 >> 3",
        "<think>Paris</think>", "a[SEP_TOKEN_COUNT]", "endoftextual",
    ],
)  # fmt: skip
def test_marks_that_people_write_are_no_leaks(by_hand, text):
    assert no_special_tokens(by_hand.seen(text)) is None


def test_a_token_that_was_asked_about_is_no_leak(by_hand):
    request = by_hand.asked("What does <|im_end|> mean?")

    assert no_special_tokens(by_hand.seen("<|im_end|> ends a turn.", request)) is None


def test_tool_tokens_are_left_to_the_checks_of_tools(by_hand):
    request = by_hand.asked(extra={"tools": []})

    assert no_special_tokens(by_hand.seen("<|tool_call|>{}", request)) is None
    assert no_special_tokens(by_hand.seen("<|tool_call|>{}")) is not None


@pytest.mark.parametrize(
    "text",
    ["<think>hm</think> Paris", "hm</thinking>Paris", "[THINK]hm[/THINK]Paris", "◁think▷hm◁/think▷",
     "<seed:think>hm</seed:think>", '<think time="3">hm', "<reasoning>hm</reasoning>Paris",
     "<|begin_of_thought|>hm<|end_of_thought|>", "<THINK>hm</THINK>", "<inner_monologue>hm"],
)  # fmt: skip
def test_marks_of_thought_are_a_warning(by_hand, text):
    found = no_think_tags(by_hand.seen(text))

    assert by_hand.kind(found) == "think-tags-in-content"
    assert found.warning


@pytest.mark.parametrize(
    "text", ["I think so", "a <thinker> b", "[thinking aloud]", "`<think>` opens it", "<thinkpad>"]
)
def test_talk_of_thought_is_none(by_hand, text):
    assert no_think_tags(by_hand.seen(text)) is None


def test_thought_is_no_answer_unless_its_marks_were_asked_for(by_hand):
    text = "<reasoning>it is big</reasoning>"
    wanted = by_hand.asked("Answer within <reasoning> tags.")

    assert by_hand.kind(usable_content(by_hand.seen(text))) == "reasoning-only"
    assert usable_content(by_hand.seen(text, wanted)) is None
    assert no_think_tags(by_hand.seen(text, wanted)) is None


@pytest.mark.parametrize(
    ("reply", "fine"),
    [
        ({"text": "Gr\ufffd\ufffdße"}, False),
        ({"text": "Sp\ufffdt am Abend f\ufffdhrt er heim"}, False),
        ({"text": "An emoji: \ufffd\ufffd\ufffd!"}, False),
        ({"text": "ok", "others": ("caf\ufffd, na\ufffdve",)}, False),
        ({"text": "It shows \ufffd or \ufffd instead"}, True),
        ({"text": 'It reads "caf\ufffd\ufffd" then'}, True),
        ({"text": "A wrong encoding turns café into caf\ufffd\ufffd"}, True),
        ({"text": "", "tool_calls": (ToolCall(arguments='{"a":"\ufffd"}'),)}, False),
        ({"text": "a\ufffd b\ufffd c \ufffd", "finish_reason": "length"}, False),
        ({"text": "Grüße 🦙"}, True),
        ({"text": "Grüße \ufffd\ufffd", "finish_reason": "length"}, True),
        ({"text": "so far \ufffd", "cut": True}, True),
    ],
)
def test_replacement_marks(by_hand, reply, fine):
    assert (no_replacement_chars(by_hand.seen(**reply)) is None) is fine


@pytest.mark.parametrize("text", ["Gr\ufffdße", "\ufffd", "Grüße, \ufffd"])
def test_where_our_own_text_is_asked_for_one_replacement_mark_is_enough(by_hand, text):
    request = by_hand.asked('Repeat: "Grüße, 東京"', oracle={"text": "Grüße, 東京"})

    assert by_hand.kind(no_replacement_chars(by_hand.seen(text, request))) == "replacement-chars"


@pytest.mark.parametrize(
    "question",
    ["What is mojibake?", "What is U+FFFD?", "Why is my text garbled?", "Explain UTF-8.",
     "Was ist ein Zeichensatz?", "什么是乱码？", "文字化けとは何ですか"],
)  # fmt: skip
def test_an_answer_about_broken_letters_may_show_them(by_hand, question):
    text = "Such as Ã© in place of é, â€™ for an apostrophe, or caf\ufffd\ufffd."
    seen = by_hand.seen(text, by_hand.asked(question))

    assert no_mojibake(seen) is None
    assert no_replacement_chars(seen) is None


@pytest.mark.parametrize(
    "text",
    ["Your page shows cafÃ© where it should say café.", "The encoding is wrong: it says Ã¼ber."],
)
def test_wrong_letters_beside_the_right_ones_are_shown_on_purpose(by_hand, text):
    assert no_mojibake(by_hand.seen(text)) is None


def test_a_replacement_mark_that_was_asked_for_is_fine(by_hand):
    request = by_hand.asked("What is \ufffd?")

    assert no_replacement_chars(by_hand.seen("\ufffd is a mark.", request)) is None


@pytest.mark.parametrize(
    "text",
    ["cafÃ©", "donâ€™t", "â€œquotesâ€\x9d", "20 Â°C", "ðŸ¦™", "Ã¼ber", "æ\x9d±äº¬", "ÐŸÑ€Ð¸Ð²ÐµÑ‚",
     "ï»¿Paris", "naÃ¯ve"],
)  # fmt: skip
def test_mojibake_is_seen_wherever_it_stands(by_hand, text):
    assert by_hand.kind(no_mojibake(by_hand.seen(text))) == "mojibake"


@pytest.mark.parametrize(
    "text",
    ["café", "don’t", "“quotes”", "20 °C", "🦙", "AMANHÃ", "»MENÜ«", "‘passé’”", "été… »", "São Paulo",
     "Привет", "東京", "CÂMARA", "é»", "Ñandú ÐÑ", "`Ã©` is mojibake", "Âge", "naïve", "œuvre"],
)  # fmt: skip
def test_letters_beyond_ascii_are_no_mojibake(by_hand, text):
    assert no_mojibake(by_hand.seen(text)) is None


@pytest.mark.parametrize(
    "garbled",
    [b"Gr\xc3\xbc\xc3\x9fe".decode("cp437"), "東京".encode().decode("gbk", "ignore"), "Gr\\u00fc\\u00dfe",
     "Gr&uuml;&szlig;e", "Gr%C3%BC%C3%9Fe", "Grüße".encode().decode("koi8-r"),
     "Gr&#252;&#223;e", "\\u6771\\u4eac"],
)  # fmt: skip
def test_our_own_text_is_known_in_every_disguise(by_hand, garbled):
    text = "Grüße, 東京"
    request = by_hand.asked(f'Repeat: "{text}"', oracle={"text": text})

    assert by_hand.kind(no_mojibake(by_hand.seen(garbled, request))) == "mojibake"
    assert no_mojibake(by_hand.seen(text, request)) is None
    assert no_mojibake(by_hand.seen("Gruesse, Tokyo", request)) is None


KNOWN = {"oracle": {"answer": "Paris"}}


@pytest.mark.parametrize(
    "reply",
    [
        {"text": "!" * 60, "finish_reason": "length"},
        {"text": "I am here to help you. " * 8, "finish_reason": "length"},
        {"text": "好的。" * 30, "finish_reason": "length"},
        {"text": "0" * 16},
        {"text": "ok " * 20},
        {"text": "It is big. " + "It is very big. " * 300, "finish_reason": "stop"},
        {"text": "{" + "\n" * 200, "finish_reason": "length"},
        {
            "text": " ".join(f"we go on and on and {n % 3}" for n in range(60)),
            "finish_reason": "length",
        },
    ],
)
def test_going_round_in_circles_is_a_loop(by_hand, reply):
    found = no_repetition_loop(by_hand.seen(request=by_hand.asked(**KNOWN), **reply))

    assert by_hand.kind(found) == "repetition-loop"


@pytest.mark.parametrize(
    "reply",
    [
        {"text": "Paris"},
        {"text": "Paris!!!"},
        {"text": "No, no, no."},
        {"text": "Title\n" + "=" * 30 + "\nParis is the capital of France and its largest city."},
        {"text": ", ".join(map(str, range(1, 400))), "finish_reason": "length"},
        {"text": "| a | b |\n|---|---|\n" + "".join(f"| {n} | {n * 7} |\n" for n in range(200))},
        {"text": "la la la, sang the bird", "finish_reason": "length"},
        {"text": "Paris" + " " * 200},
        {"text": "", "finish_reason": "length"},
        {"text": "Row, row, row your boat, gently down the stream. " * 2},
    ],
)  # fmt: skip
def test_what_repeats_itself_by_right_is_none(by_hand, reply):
    assert no_repetition_loop(by_hand.seen(request=by_hand.asked(**KNOWN), **reply)) is None


def test_a_short_loop_that_nobody_asked_against_may_be_meant(by_hand):
    assert (
        no_repetition_loop(by_hand.seen("ha " * 30, by_hand.asked("Say ha thirty times."))) is None
    )


@pytest.mark.parametrize(
    "text",
    [
        "Ver contraction 同时 Любой onderzoek ра́з מידע 있는 raster",
        "dtqjng nmclskfzw pnvprmkm qmh rkdrtb msbprtr",
        "};[](^%$ &&*^ {}{}<> ~~||## @@!! ((**",
        "aXbQcZd qWeRtY zXcVbN aSdFgH jKlMnB qAzWsX",
        "er## }; ptr//ing 0x ##tion zz()ud ##er };//ly",
        "x7k2p9q1z4 m3n8b5v2c6 q1w2e3r4t5 a9s8d7f6 u3i4o5p6 h7j8k9l0",
        "Раrіѕ сарitаl hеllо wоrld tеst оnе",
    ],
)
def test_what_is_no_language_is_gibberish(by_hand, text):
    assert by_hand.kind(no_gibberish(by_hand.seen(text, by_hand.asked(**KNOWN)))) == "gibberish"


@pytest.mark.parametrize(
    "text",
    [
        "Lyon, I believe.", "Die Hauptstadt ist Berlin.", "परीक्षण सफल रहा। इस सवाल का जवाब आसान है।",
        "Столица — Москва.", "首都はリヨンです。", "수도는 리옹입니다 그리고 아름답습니다", "عاصمة فرنسا هي ليون",
        "I cannot answer that.", "**Lyon** (FR)", '{"capital": "Lyon", "country": "France"}',
        "HTTP, PNG and XML", "42", "", "1. Lyon\n2. Nice\n3. Lille", "https://example.com/a?b=c",
        "Hmm... shh, brr!", "Zmrzl, prst, krk", "def f(x):\n    return x", "print('Lyon')",
        "k_3fa9b2 v_9x7q2", "😀 😀 😀 😀 😀 😀", "Paris }{}{}{}[][][]::::;;;;",
        "Η πρωτεύουσα είναι η Λυών", "บ้านหลังใหญ่ อยู่ที่นี่", "iPhone and eBay are names",
    ],
)  # fmt: skip
def test_what_people_and_models_write_is_language(by_hand, text):
    assert no_gibberish(by_hand.seen(text, by_hand.asked(**KNOWN))) is None


def test_gibberish_is_only_said_where_the_answer_is_known(by_hand):
    assert no_gibberish(by_hand.seen("dtqjng nmclskfzw pnvprmkm qmh rkdrtb msbprtr")) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("法国的首都是里昂。", "Han"), ("Столица Франции", "Cyrillic"), ("パリです", "Kana"),
        ("La capitale de la France est Lyon.", "French"), ("Die Hauptstadt ist Lyon und groß.", "German"),
        ("La capital de Francia es Lyon.", "Spanish"), ("परीक्षण सफल रहा", "Indic"),
    ],
)  # fmt: skip
def test_an_answer_in_another_language_is_a_warning(by_hand, text, language):
    found = in_the_asked_language(by_hand.seen(text, by_hand.asked(**KNOWN)))

    assert by_hand.kind(found) == "wrong-language"
    assert found.warning
    assert language in found.saw


@pytest.mark.parametrize(
    "text",
    ["Paris", "The capital of France is Paris.", "Paris (巴黎)", "Test successful", "1, 2, 3", "",
     "🦙", "It is Paris, la Ville Lumière, en France.", "東", "No.", "O.K."],
)  # fmt: skip
def test_an_english_answer_with_foreign_words_is_none(by_hand, text):
    assert in_the_asked_language(by_hand.seen(text, by_hand.asked(**KNOWN))) is None


def test_a_question_in_two_scripts_or_of_the_users_own_is_not_judged(by_hand):
    mixed = by_hand.asked("Was heißt 東京都 大阪府 京都市 in 日本語?", **KNOWN)

    assert in_the_asked_language(by_hand.seen("東京", mixed)) is None
    assert (
        in_the_asked_language(by_hand.seen("法国的首都", by_hand.asked("Antworte chinesisch")))
        is None
    )


def test_marks_of_thought_in_bars_are_left_to_the_check_of_thoughts(by_hand):
    assert no_special_tokens(by_hand.seen("<|think|>Paris<|/think|>")) is None


def test_a_loop_that_was_ordered_is_meant(by_hand):
    request = by_hand.asked("Write on: tick tock tick tock tick tock")

    looped = by_hand.seen("tick tock " * 30, request, finish_reason="length")

    assert no_repetition_loop(looped) is None


def test_what_was_asked_for_may_look_like_mojibake(by_hand):
    request = by_hand.asked("Mend this: cafÃ©")

    assert no_mojibake(by_hand.seen("cafÃ© is café", request)) is None
    assert by_hand.kind(no_mojibake(by_hand.seen("cafÃ¨ is café", request))) == "mojibake"


@pytest.mark.parametrize(
    "text", ["\u202e\u2066", "\u3164\u2800", "\x1b[0m", "<think>so</think>\u061c"]
)
def test_an_answer_of_marks_that_nobody_sees_is_empty(by_hand, text):
    assert usable_content(by_hand.seen(text)) is not None
    assert usable_content(by_hand.seen(f"{text}Yes.")) is None


HELLO = "Say hello."


@pytest.mark.parametrize(
    "text",
    ["Hello there, how are you?<|im_end|>", "<|im_end|>", "</s>", "Hello</s>", "[INST] Hello",
     "Hello<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nhi", "Hello<end_of_turn>"],
)  # fmt: skip
def test_tokens_left_at_an_answers_end_fail_whosever_the_question_is(by_hand, text):
    found = no_special_tokens(by_hand.seen(text, by_hand.asked(HELLO)))

    assert (found.kind, found.warning) == ("special-token-leak", False)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Which token ends a turn?", "<|im_end|>"),
        ("Welches Steuerzeichen beendet den Zug?", "Das ist <|im_end|>"),
        ("Write a line of HTML", "Strike it </s>"),
        (HELLO, "Hello, <|im_end|> is no greeting."),
        (HELLO, "The answer is [MASK]"),
        (HELLO, "<|think|>so<|/think|>Hello <bos> there"),
        (HELLO, "Hello <bos> <s>there</s>"),
    ],
)
def test_tokens_that_may_be_meant_are_a_warning(by_hand, question, text):
    assert no_special_tokens(by_hand.seen(text, by_hand.asked(question))).warning


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("Hello th\ufffdre", True),
        ("\ufffd", False),
        ("\ufffd!", False),
        ("Hello th\ufffdre, y\ufffdu", False),
    ],
)
def test_a_lost_character_in_free_words_is_told(by_hand, text, warning):
    found = no_replacement_chars(by_hand.seen(text, by_hand.asked(HELLO)))

    assert (found.kind, found.warning) == ("replacement-chars", warning)


def test_a_hundred_times_one_mark_is_told_and_a_line_is_drawn(by_hand):
    request = by_hand.asked(HELLO)
    found = no_repetition_loop(by_hand.seen("!" * 300, request))

    assert (found.kind, found.warning) == ("repetition-loop", True)
    assert no_repetition_loop(by_hand.seen("-" * 300, request)) is None
    assert no_repetition_loop(by_hand.seen("!" * 60, request)) is None
    assert no_repetition_loop(by_hand.seen("!" * 300, by_hand.asked("More of !!"))) is None
