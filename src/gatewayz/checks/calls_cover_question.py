"""Do the tool calls ask for what the question is about?"""

import json
import unicodedata

from gatewayz.checks._tools import arguments, calls, offered, told
from gatewayz.core import Finding, Observation, check

_LONGEST = 5000


@check
def calls_cover_question(seen: Observation) -> Finding | None:
    """For each subject of the question there is a call whose arguments name it.

    Reads `oracle["subjects"]`. Returns None when there is, or when no call came; a warning for a
    single call where several were asked for, since one at a time is legal; else a failing Finding.
    """
    subjects = seen.asked.oracle["subjects"] if seen.asked is not None else ()
    made = list(calls(seen))
    if not made:
        return None
    schemas = offered(seen)
    given = [_plain(arguments(call, schemas.get(call.name, {})).value) for call in made]
    missing = [s for s in subjects if not any(_letters(s) in values for values in given)]
    expected = f"a call for {' and for '.join(subjects)}"
    if len(made) == 1 and len(subjects) > 1 and len(missing) < len(subjects):
        return Finding(expected=expected, saw=f"one call: {told(made[0])}", warning=True)
    if not missing:
        return None
    return Finding(expected=expected, saw=", ".join(map(told, made[:3])))


def _plain(value: object) -> str:
    """Arguments as text, of which a subject needs only the beginning."""
    try:
        return _letters(json.dumps(value, ensure_ascii=False)[:_LONGEST])
    except RecursionError:
        return ""


def _letters(text: str) -> str:
    """Without case and accents."""
    split = unicodedata.normalize("NFKD", text)
    return "".join(c for c in split if not unicodedata.combining(c)).casefold()
