"""Tool calls that a model wrote into its text, which no parser has turned into calls.

Every family of models has its own way of writing a call, and gateways that lack the parser pass
it on as text. Known here are the shapes, not the vendors: a mark of a call before a tool's name
(a tag, a token, a word with a colon), JSON that names the tool, or a line that is the call. Each
counts only with the name of an offered tool and with arguments of that tool beside it, so that an
answer that speaks of the tool, quotes its definition or says how to use it is none.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

from gatewayz.core.text import excerpt

# Only so much of a text around a tool's name is looked at, and only so many mentions of it.
_BEFORE, _AFTER, _MENTIONS = 240, 500, 50

_SUBJECT = r"(?:tool|func|invoke|call|plugin|python_tag|action|recipient|constrain|channel)"
# A name space or an opening of the call that may stand right before the name.
_SPACE = r"(?:[\w-]{1,30}[.:/])?"
_GLUE = rf"(?:[\s\"'`:=\[\]{{}}(|,]|<[^<>\n]{{1,60}}>|\bname\b|\bfunctions?\b|\btool\b|\btype\b)*{_SPACE}\Z"

# <tool_call>, <function=, <invoke name=", <|python_tag|>, [TOOL_CALLS], functools[
_TAG = re.compile(
    rf"(?:<[^<>\n]{{0,60}}{_SUBJECT}[^<>\n]{{0,60}}(?:>|=\s*|name\s*=\s*)"
    rf"|\[/?[A-Z_]{{0,20}}(?:TOOL|FUNC|CALL)[A-Z_]{{0,20}}\]|\bfunctools(?=\[)){_GLUE}",
    re.IGNORECASE,
)
# call:name{…}, to=functions.name, Action: name, **Tool:** name
_WORD = re.compile(
    rf"\b(?:call|tool(?:[ _]call|[ _]name)?|function(?:[ _]call|[ _]name)?|name|to|action|recipient)"
    rf"[^\w\n]{{0,4}}[:=][\s\"'`*]{{0,6}}{_SPACE}\Z",
    re.IGNORECASE,
)
_OPENS_OR_LABELS = re.compile(
    r"[\W\d]{0,12}?(?:[{(<]|(?:action[ _]?input|arguments?|args|input|param(?:eter)?s?)\b)",
    re.IGNORECASE,
)
# "name": "…", "tool": "…", "function": "…"
_KEY = re.compile(
    r"[\"'](?:\w{0,20}name|tool\w{0,12}|func\w{0,12}|fn|type|action|method|command|call|recipient)"
    r"\\*[\"']\s{0,9}:\s{0,9}"
    rf"\\*[\"']{_SPACE}\Z",
    re.IGNORECASE,
)
_OWN_KEY = re.compile(r"[{,]\s{0,9}\\*[\"']\Z")
_OWN_TAG = re.compile(r"<\Z")
# What may stand on a line before the call that it is: marks, a label in any language, code.
_LINE_START = re.compile(
    r"(?:^|\n)[\s>*`\[(#@/!$-]{0,12}(?:[^\n:：]{1,40}[:：][\s*`]{0,4})?"
    rf"(?:(?:print|await|return|functools|\w{{1,20}}\s?=)[\s(\[]{{0,4}})*{_SPACE}\Z"
)
_LINE_CALL = re.compile(
    r"\(\s*(?P<inside>(?:(?!\)\s*\w).){0,400}?)\)[ \])`.;,]{0,8}(?:\Z|\n)", re.DOTALL
)
_LINE_JSON = re.compile(r"[\s:`*\d]{0,8}(?:json)?\s{0,4}\{", re.IGNORECASE)
_LINE_FLAGS = re.compile(r" {1,4}(?:--\w|\w{1,40}=)")
_VALUE = re.compile(r"\s*(?:[\"'{]|[\w]{1,40}\s?[:=]\s?(?:[\"'{\[\d-]|true|false|null|none))", re.I)

_DEFINITION = re.compile(r"\\*[\"'](?:properties|description)\\*[\"']\s*:")


def written_call(text: str, tools: Mapping[str, Mapping[str, Any]]) -> str:
    """The beginning of a call of one of these tools that stands in a text; "" when none does.

    `tools` are the schemas of their arguments by name.
    """
    for name, schema in tools.items():
        given = _given(tuple(schema.get("properties", ())))
        # Markdown escapes the underscores of a name.
        pattern = re.escape(name).replace("_", r"\\?_")
        mentions = re.finditer(rf"(?<!\w){pattern}(?!\w)", text)
        for mention, _ in zip(mentions, range(_MENTIONS), strict=False):
            start, end = mention.span()
            before = html.unescape(text[max(0, start - _BEFORE) : start])
            after = html.unescape(text[end : end + _AFTER])
            if _is_call(before, after, given):
                return excerpt(text[max(0, start - 60) : end + 100], 160)
    return ""


def _given(names: tuple[str, ...]) -> re.Pattern[str]:
    """What shows that arguments are given: one of the tool's own, or, where it has none, nothing
    between brackets."""
    if not names:
        return re.compile(r"\{\s*\}|\(\s*\)|</|\}\s*\Z")
    either = "|".join(map(re.escape, names))
    return re.compile(rf"--(?:{either})\b|\b(?:{either})\b\\*[\"'`]?\s*(?:[:=>]|</)")


def _is_call(before: str, after: str, given: re.Pattern[str]) -> bool:
    if _KEY.search(before) or (_OWN_KEY.search(before) and re.match(r"\\*[\"']\s*:\s*\{", after)):
        around = before + after
        return given.search(around) is not None and _DEFINITION.search(around) is None
    if given.search(after) is None and not _VALUE.match(after.lstrip().removeprefix("(")):
        return False
    if _DEFINITION.search(after):
        return False
    if _TAG.search(before) or (_OWN_TAG.search(before) and re.match(r"[\s>/]", after)):
        return True
    if _WORD.search(before) and _OPENS_OR_LABELS.match(after):
        return True
    return _LINE_START.search(before) is not None and _is_line(after, given)


def _is_line(after: str, given: re.Pattern[str]) -> bool:
    """Whether the rest of a line that began with a tool's name is its arguments."""
    called = _LINE_CALL.match(after)
    if called is not None:
        inside = called["inside"]
        return _VALUE.match(inside) is not None or (not inside and given.search("()") is not None)
    return _LINE_JSON.match(after) is not None or _LINE_FLAGS.match(after) is not None
