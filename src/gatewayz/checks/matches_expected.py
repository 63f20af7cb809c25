"""Does the answer match what the user said it must?"""

from gatewayz.checks._patterns import occurs_in
from gatewayz.core import Finding, Observation, check
from gatewayz.core.text import excerpt


@check
def matches_expected(seen: Observation) -> Finding | None:
    """The reply's text matches the regular expression that was asked for.

    Returns None when it does or when none was given, else a failing Finding.
    """
    pattern = seen.asked.expect if seen.asked is not None else None
    if pattern is None or occurs_in(seen.reply.text, pattern):
        return None
    return Finding(expected=f"text matching /{pattern}/", saw=excerpt(seen.reply.text, 120))
