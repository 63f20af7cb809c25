"""Is the answer free of the marks that only the model and its server speak in?"""

import re

from gatewayz.checks._asked import is_own_question, prompt_text, sample, without_code
from gatewayz.checks._thoughts import CLOSING, OPENING
from gatewayz.core import Finding, Observation, check

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
_PAIR = ("<s>", "</s>")
_OF_TOOLS = re.compile(r"tool|python_tag|function|call", re.IGNORECASE)


@check
def no_special_tokens(seen: Observation) -> Finding | None:
    """The answer holds no control token of a chat template; else a failing Finding.

    Marks that the question holds, that stand in backticks, or between which models think are not
    meant, nor those of tool calls where tools were offered: other checks look at them. A user's
    own question may be about such tokens: then it is a warning.
    """
    prompt = prompt_text(seen)
    offered = seen.asked is not None and "tools" in seen.asked.extra
    for text in (seen.reply.text, *seen.reply.others):
        for found in _LEAK.finditer(without_code(sample(text))):
            leak = found[0].strip()
            if leak in _PAIR and all(mark in text for mark in _PAIR):
                continue  # <s>struck out</s> is HTML
            if leak in prompt or (offered and _OF_TOOLS.search(leak)):
                continue
            if OPENING.fullmatch(leak) or CLOSING.fullmatch(leak):
                continue
            saw = f"{leak[:60]} at character {text.find(leak)} of {len(text)}"
            return Finding(
                kind="special-token-leak",
                expected="an answer only",
                saw=saw,
                warning=not is_own_question(seen),
            )
    return None
