"""Did every character arrive whole?"""

import re

from gatewayz.checks._asked import has_own_text, is_about_letters, prompt_text, sample, without_code
from gatewayz.core import Finding, Observation, check

_MARK = "\ufffd"
# Quoted, a mark is what is talked about.
_QUOTED = re.compile(r"[\"'“‘„«「(][^\n\"'”’»」)]{0,20}[\"'”’“»」)]")
# Inside of a word, or in a row: a character that was cut.
_IN_TEXT = re.compile(rf"(?<=\w){_MARK}|{_MARK}(?=\w)|(?<={_MARK}){_MARK}|{_MARK}(?={_MARK})")
# Anything that is said beside the marks.
_NOT_MARKS = re.compile(rf"[^\W_]|[^\s!-~{_MARK}]")
# So many of them make it sure.
_MANY = 2


@check
def no_replacement_chars(seen: Observation) -> Finding | None:
    """No character of the answer was lost on the way; else a failing Finding.

    Where the answer should hold a text of ours, and in the arguments of tools, one U+FFFD is
    enough. An answer in free words may show the mark, quoted or where it is about letters; there
    several have to stand in running text, or it holds nothing else. One inside of a word is a
    warning. What the question holds is asked for. At the very end of
    an answer that the token limit cut off it is half a character, and healthy.
    """
    reply = seen.reply
    if not (reply.others or reply.tool_calls or _MARK in reply.text):
        return None
    prompt = prompt_text(seen)
    if _MARK in prompt:
        return None
    calls = [call.arguments for call in reply.tool_calls]
    own = has_own_text(seen)
    free_words = not own and not is_about_letters(prompt)
    for text in (reply.text, *reply.others, *calls):
        whole = text.rstrip(_MARK) if reply.finish_reason == "length" or reply.cut else text
        if own or text in calls:
            count = whole.count(_MARK)
        else:
            count = _in_running_text(whole) if free_words and _MARK in whole else 0
        if count:
            saw = f"{count} replacement mark{'s'[: count > 1]}, the first at character {whole.find(_MARK)}"
            sure = own or text in calls or count >= _MANY or not _NOT_MARKS.search(sample(whole))
            return Finding(
                kind="replacement-chars", expected="whole characters", saw=saw, warning=not sure
            )
    return None


def _in_running_text(text: str) -> int:
    """How many marks stand where characters were, 0 when they are talked about."""
    if is_about_letters(text):
        return 0
    text = sample(text)
    if not _NOT_MARKS.search(text):
        return text.count(_MARK)
    return len(_IN_TEXT.findall(_QUOTED.sub(" ", without_code(text))))
