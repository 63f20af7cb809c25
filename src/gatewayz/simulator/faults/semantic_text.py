"""A text that is not what a sound model would say: the class `semantic`."""

from __future__ import annotations

from collections.abc import Callable

from gatewayz.simulator.answers import Answer
from gatewayz.simulator.faults.planting import on_answer, on_text, speaks
from gatewayz.simulator.models import has_orders
from gatewayz.simulator.turn import Turn

_SPECIAL = (
    "<|im_end|>", "<|im_start|>", "<|eot_id|>", "<|end_of_text|>", "<|endoftext|>", "</s>",
    "<unused123>", "<unused7>", "[/INST]", "<end_of_turn>", "<｜end▁of▁sentence｜>",
    "<|END_OF_TURN_TOKEN|>", "<|start_header_id|>assistant<|end_header_id|>", "<extra_id_0>",
    "<|reserved_special_token_12|>", "<|channel|>final<|message|>", "[gMASK]<sop>", "<|eom_id|>",
)  # fmt: skip
_REFUSALS = (
    "I'm sorry, but I can't help with that.",
    "I cannot assist with this request.",
    "This request goes against my guidelines, so I have to decline.",
    "Sorry, that is something I am not able to talk about.",
    "I won't be able to provide an answer here.",
    "Es tut mir leid, dabei kann ich nicht helfen.",
    "抱歉，我无法回答这个问题。",
    "Je ne peux pas répondre à cette demande.",
)
_SCRIPTS = (
    "абвгдежзик",
    "的一是不了人我在有他",
    "กขคงจฉชซ",
    "אבגדהוזח",
    "ابتثجحخد",
    "ΩψχφυΣ",
    "ñøßþ",
)
_SHARDS = ("ing", "tion", "ĠĠ", "##er", "()", "};", "qu", "xx", "zz", "ptr", "0x", "//", "ly", "ud")
_FOREIGN = (
    ("测试已经成功完成。", "这个问题的答案很简单。"),
    ("Проверка прошла успешно.", "Ответ на этот вопрос довольно прост."),
    ("テストは成功しました。", "この質問への答えは簡単です。"),
    ("테스트가 성공적으로 끝났습니다.", "이 질문의 답은 간단합니다."),
    ("تم الاختبار بنجاح.", "الجواب على هذا السؤال بسيط."),
    ("Η δοκιμή ολοκληρώθηκε με επιτυχία.", "Η απάντηση είναι απλή."),
    ("परीक्षण सफल रहा।", "इस सवाल का जवाब आसान है।"),
    ("La prueba ha sido un éxito.", "La respuesta a esta pregunta es muy sencilla, según parece."),
    (
        "Der Versuch ist geglückt.",
        "Die Antwort auf diese Frage ist recht einfach, wie mir scheint.",
    ),
    ("Le test a réussi.", "La réponse à cette question est assez simple, il me semble."),
)
_STALE = (
    "The capital of Peru is Lima.", "The code word is zukori-1182.", "velani-7730", "42",
    "Sure! A binary search halves the range at each step.", "1, 2, 3, 4, 5, 6, 7",
    "Yes, the meeting was moved to Thursday afternoon.", "maruto-5519",
    "Water boils at a lower temperature on a mountain.", "My name is Dolores.",
)  # fmt: skip


def _special_after(turn: Turn, text: str) -> str:
    return f"{text}{turn.rng.choice(('', ' ', chr(10)))}{turn.rng.choice(_SPECIAL)}"


def _special_before(turn: Turn, text: str) -> str:
    return f"{turn.rng.choice(_SPECIAL)}{turn.rng.choice(('', ' ', chr(10)))}{text}"


def _special_twice(turn: Turn, text: str) -> str:
    return f"{text}{turn.rng.choice(_SPECIAL)}{turn.rng.choice(_SPECIAL)}"


def _ends_by_itself(turn: Turn, answer: Answer | None) -> bool:
    """Whether the text ended before its limit, so that a mark after it is not cut off."""
    return speaks(turn, answer) and answer is not None and answer.finish == "stop"


# Refusals: each sets the refusal field, or the reason of the filter, or both.


def _refusing(
    *, field: bool = False, text: bool = False, begun: bool = False, finish: str = "stop"
) -> Callable[[Turn, Answer], None]:
    def act(turn: Turn, answer: Answer) -> None:
        words = turn.rng.choice(_REFUSALS)
        for choice in answer.choices:
            pieces = choice.pieces
            choice.refusal = words if field else ""
            choice.text = words if text else "".join(pieces[: len(pieces) // 2]) if begun else ""
            choice.calls, choice.finish = [], finish
        answer.count()

    return act


# Nonsense.


def _mixed_scripts(turn: Turn, text: str) -> str:  # noqa: ARG001 - nothing is left of it
    rng = turn.rng
    words = ("".join(rng.choices(rng.choice(_SCRIPTS), k=rng.randint(1, 6))) for _ in range(30))
    return " ".join(words)


def _random_letters(turn: Turn, text: str) -> str:  # noqa: ARG001
    letters = "bcdfghjklmnpqrstvwxz"
    rng = turn.rng
    return " ".join("".join(rng.choices(letters, k=rng.randint(3, 11))) for _ in range(25))


def _shards(turn: Turn, text: str) -> str:  # noqa: ARG001
    return "".join(turn.rng.choice(_SHARDS) + turn.rng.choice(("", " ")) for _ in range(45))


def _glued_scripts(turn: Turn, text: str) -> str:  # noqa: ARG001
    return "".join(turn.rng.choice("".join(_SCRIPTS) + "@#%{}\\~^") for _ in range(120))


def _marks_and_digits(turn: Turn, text: str) -> str:  # noqa: ARG001
    marks = "0123456789/\\|{}[]()<>=+-_:;,.'\"`~^$%&*"
    return "".join(turn.rng.choice(marks) for _ in range(140))


# Round and round until the limit.

_LONG = 120


def _looping(unit: str, *, gap: str = " ") -> Callable[[Turn, Answer], None]:
    """Says one thing over and over; a run of one mark counts a token for each."""

    def act(turn: Turn, answer: Answer) -> None:
        limit = turn.max_tokens or _LONG
        for choice in answer.choices:
            choice.text = gap.join([unit] * limit) if gap else unit * limit
            choice.calls, choice.reasoning = [], ""
            if gap:
                choice.limit(limit)
            choice.finish = "length"
        answer.count()
        answer.completion_tokens = limit * len(answer.choices)

    return act


# The right text in the wrong letters, or of another question.


def _foreign(turn: Turn, text: str) -> str:
    """Says it in another language; a name or a number of the answer stays what it is."""
    sentences = turn.rng.choice(_FOREIGN)
    kept = f" ({text})" if any(mark.isdigit() for mark in text) and len(text) < 40 else ""
    return " ".join(sentences) + kept


def _read_as(*encodings: str) -> Callable[[Turn, str], str]:
    """UTF-8 bytes taken for another encoding, once for each that is given."""

    def bend(turn: Turn, text: str) -> str:  # noqa: ARG001
        for encoding in encodings:
            data = text.encode("utf-8", "surrogatepass")
            text = "".join(_one_byte(byte, encoding) for byte in data)
        return text

    return bend


def _one_byte(byte: int, encoding: str) -> str:
    """A byte in a table of 256 signs; gaps of the table are filled as browsers do."""
    try:
        return bytes([byte]).decode(encoding)
    except UnicodeDecodeError:
        return chr(byte)


def _is_foreign_to_ascii(turn: Turn, answer: Answer | None) -> bool:
    return speaks(turn, answer) and answer is not None and not answer.text.isascii()


def _lost(
    share: float, *, per_byte: bool = False, only_wide: bool = False
) -> Callable[[Turn, str], str]:
    """Characters beyond ASCII turned into the replacement mark; at least one of them."""

    def bend(turn: Turn, text: str) -> str:
        wide = [at for at, sign in enumerate(text) if ord(sign) > (0x2FFF if only_wide else 0x7F)]
        wide = wide or [at for at, sign in enumerate(text) if ord(sign) > 0x7F]
        chosen = set(turn.rng.sample(wide, min(len(wide), max(1, round(share * len(wide))))))
        return "".join(
            "\ufffd" * (len(sign.encode()) if per_byte else 1) if at in chosen else sign
            for at, sign in enumerate(text)
        )

    return bend


def _of_another(turn: Turn, text: str) -> str:
    return turn.rng.choice([stale for stale in _STALE if stale.lower() not in text.lower()])


def _stands_alone(turn: Turn, answer: Answer | None) -> bool:
    """A question by itself: nothing else that was asked for could be missed in its answer."""
    messages = turn.body.get("messages")
    alone = isinstance(messages, list) and len(messages) == 1
    return alone and speaks(turn, answer) and not has_orders(turn.body)


FAULTS = (
    on_text(
        "special-token-leak", _special_after, _special_after, _special_before, _special_twice,
        when=_ends_by_itself,
    ),
    on_answer(
        "refusal",
        _refusing(field=True),
        _refusing(field=True, finish="content_filter"),
        _refusing(finish="content_filter"),
        _refusing(text=True, finish="content_filter"),
        _refusing(begun=True, finish="content_filter"),
    ),
    on_text(
        "gibberish", _mixed_scripts, _random_letters, _shards, _glued_scripts, _marks_and_digits
    ),
    on_answer(
        "repetition-loop",
        _looping("!", gap=""),
        _looping("the"),
        _looping("I am here to help you today."),
        _looping("and so on,"),
        _looping("0", gap=""),
        _looping("好的。", gap=" "),
        _looping("- item", gap="\n"),
        when=speaks,
    ),
    on_text("wrong-language", _foreign, when=_stands_alone),
    on_text(
        "mojibake",
        _read_as("latin-1"),
        _read_as("cp1252"),
        _read_as("cp1252", "cp1252"),
        _read_as("cp437"),
        _read_as("mac-roman"),
        when=_is_foreign_to_ascii,
    ),
    on_text(
        "replacement-chars",
        _lost(1.0),
        _lost(1.0, per_byte=True),
        _lost(0.0),
        _lost(0.5),
        _lost(1.0, only_wide=True),
        when=_is_foreign_to_ascii,
    ),
    on_text("stale-cached-answer", _of_another, when=_stands_alone),
)  # fmt: skip
