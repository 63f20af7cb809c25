"""Is the answer free of the marks that only the model and its server speak in?"""

import re
from itertools import pairwise

from gatewayz.checks._asked import is_own_question, messages_text, prompt_text, sample, without_code
from gatewayz.core import Finding, Observation, check
from gatewayz.core.think_marks import CLOSING, OPENING

# One family of control tokens each; see the chat templates of the models named.
_LEAK = re.compile(
    # <|im_end|>, <|eot_id|>, <|START_OF_TURN_TOKEN|>: ChatML, Llama 3, GPT, Command, Phi, GLM
    r"<\|/?[A-Za-z][A-Za-z0-9_ \u2581.-]{0,40}\|>"
    # The same in full-width bars: DeepSeek
    r"|<\uff5c[^<>\n]{1,40}\uff5c>"
    # A start or an end that was cut off: <|im_end, im_end|>, <im_end>
    r"|<?\|?\b(?:im_(?:start|end|sep)|eot_id|eom_id|endoftext|end_header_id|start_header_id"
    r"|end_of_text|begin_of_text)\b\|?>?"
    # <start_of_turn>, <end_of_utterance>, <bos>, <unused7>, <extra_id_0>: Gemma, T5, Seed
    r"|</?(?:(?:start|end|begin)_of_(?:turn|text|utterance|image|sentence|message)|bos|eos"
    r"|eop|sop|eod|unk|pad|mask|(?:bos|eos|pad)_token|EOS|BOS|EOT|PAD|UNK|EOD|END"
    r"|(?:unused|reserved|extra_id|special|control|added_token)_?\d{1,5}"
    r"|\w{1,12}:(?:bos|eos|eot)|fim_(?:prefix|middle|suffix|pad))>"
    # [INST], <<SYS>>, [BOS], [gMASK], [control_8]: Llama 2, Mistral, GLM, BERT
    r"|\[/?(?:INST|SYSTEM_PROMPT|SYS|BOS|EOS|PAD|UNK|CLS|SEP|g?MASK|control_\d{1,4}"
    r"|AVAILABLE_TOOLS|TOOL_RESULTS)\]|<</?SYS>>"
    r"|</?s>"
    # Bytes and blanks as the vocabulary spells them: <0x0A>, TestĠsuccessful, Test▁it
    r"|<0x[0-9A-Fa-f]{2}>|[a-z,.!?][ĠĊ][A-Za-z]|\w\u2581\w",
    re.DOTALL,
)
# One of these is in each of them.
_IN_LEAKS = ("<", "[", "_", "Ġ", "Ċ", "\u2581", "endoftext")
# Of these no text of people has any: where one is left at the answer's border, or beside another, the
# server has forgotten to take it out. The others may be markup.
_ONLY_A_MODELS = re.compile(
    r"<\|/?[A-Za-z][\w .\u2581-]{0,40}\|>|<\uff5c[^<>\n]{1,40}\uff5c>|<?\|?(?:im_(?:start|end)|eot_id)\b\|?>?"
    r"|<(?:start|end)_of_(?:turn|utterance)>|</s>|\[/?INST\]|<</?SYS>>"
)
# A question about such marks, in which they may be the answer: of templates, training, markup, code.
_ABOUT_MARKS = re.compile(
    r"token|templat|chat ?ml|prompt|special|tag\b|tags\b|mark|html|xml|control|delimit|separat|sentinel"
    r"|stop|format|\binst\b|\b[eb]os\b|end of|ends? (?:a|the) turn|tun(?:e|ing)|train|transformer"
    r"|language model|\bllms?\b|llama|mistral|gemma|qwen|phi-|gpt|deepseek|code|program|script|regex|pars"
    r"|vorlage|steuerzeichen|sonderzeichen|gabarit|balise|jeton|plantilla|etiqueta|modelo de|шаблон|токен"
    r"|тег|模板|标记|標記|令牌|代码|特殊|トークン|テンプレート|タグ|コード|토큰|템플릿|태그|코드",
    re.IGNORECASE,
)
_PAIR = ("<s>", "</s>")
_OF_TOOLS = re.compile(r"tool|python_tag|function|call", re.IGNORECASE)


@check
def no_special_tokens(seen: Observation) -> Finding | None:
    """The answer holds no control token of a chat template; else a failing Finding.

    Marks that the question holds, that stand in backticks, or between which models think are not
    meant, nor those of tool calls where tools were offered: other checks look at them. A user's
    own question may be about such tokens, or about markup: then it is a warning.
    """
    offered = seen.asked is not None and "tools" in seen.asked.extra
    for text in (seen.reply.text, *seen.reply.others):
        if not any(map(text.__contains__, _IN_LEAKS)):
            continue
        for found in _LEAK.finditer(without_code(sample(text))):
            leak = found[0].strip()
            if _is_of_others(leak, text):
                continue
            if leak in prompt_text(seen) or (offered and _OF_TOOLS.search(leak)):
                continue
            saw = f"{leak[:60]} at character {text.find(leak)} of {len(text)}"
            return Finding(
                kind="special-token-leak",
                expected="an answer only",
                saw=saw,
                warning=not (is_own_question(seen) or _is_left_over(text, messages_text(seen))),
            )
    return None


def _is_of_others(mark: str, text: str) -> bool:
    """Whether a mark is of thoughts, or the end of <s>struck out</s>."""
    of_thought = OPENING.fullmatch(mark) or CLOSING.fullmatch(mark)
    return of_thought is not None or (mark in _PAIR and all(one in text for one in _PAIR))


def _is_left_over(text: str, prompt: str) -> bool:
    """Whether an answer to a question about other things ends or begins in such a mark, or has two."""
    if _ABOUT_MARKS.search(sample(prompt)):
        return False
    said = without_code(sample(text)).strip()
    marks = [mark for mark in _ONLY_A_MODELS.finditer(said) if not _is_of_others(mark[0], said)]
    at_border = any(mark.start() == 0 or mark.end() == len(said) for mark in marks)
    return at_border or any(a.end() == b.start() for a, b in pairwise(marks))
