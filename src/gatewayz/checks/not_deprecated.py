"""Does the provider say that the model will go away?"""

import re

from gatewayz.core import Finding, Observation, check
from gatewayz.core.text import excerpt

_NO = frozenset({"", "0", "false", "no", "none", "null", "never"})
# What is said of a model that goes, in several languages.
_GOING = re.compile(
    r"deprecat|retir(?:e|ed|ing|ement)\b|sunset|discontinu|end[ -]of[ -](?:life|support)|\beol\b"
    r"|decommission|phas(?:ed|ing) out|shut(?:ting)?[ -]?down|turned off|no longer (?:be )?(?:available"
    r"|supported|served|maintained)|will be (?:removed|replaced|unavailable)|legacy model"
    r"|veraltet|abgekündigt|eingestellt|abgeschaltet|nicht mehr (?:verfügbar|unterstützt)"
    r"|obsol[eè]t|abandonn|sera (?:retiré|supprimé|arrêté)|plus (?:disponible|pris en charge)"
    r"|obsolet|retirad|descontinuad|dejará de|será (?:eliminad|removid|desativad)"
    r"|dismess|ritirat|sarà rimoss|устар|выведен|прекращ|снят[аы]? с"
    r"|弃用|棄用|停用|下线|下線|退役|停止(?:服务|服務|支持|提供)|廃止|非推奨|提供(?:を)?終了|サポート終了"
    r"|지원 ?(?:종료|중단)|폐기|중단될|종료될",
    re.IGNORECASE,
)
# A notice about a request field is none about the model.
_FIELD = re.compile(
    r"\b(?:parameter|field|argument|option|header|endpoint)s?\b|max_tokens|functions?\b|参数|字段",
    re.IGNORECASE,
)
_MODEL = re.compile(r"model|modell|modèle|modelo|модел|模型|モデル|모델", re.IGNORECASE)


@check
def not_deprecated(seen: Observation) -> Finding | None:
    """Neither a header nor a notice beside the answer tells of a retirement; else a warning."""
    headers = seen.last.headers if seen.last is not None else {}
    told = {name.lower(): value.strip() for name, value in headers.items()}
    said = [
        f"{name.capitalize()}: {told[name]}"
        for name in ("deprecation", "sunset")
        if told.get(name, "").lower() not in _NO
    ]
    notice = seen.reply.notice[:2000]
    of_the_model = bool(_MODEL.search(notice)) or not _FIELD.search(notice)
    if _GOING.search(notice) and of_the_model:
        said.append(notice)
    if not said:
        return None
    return Finding(
        kind="deprecated-model",
        failure_class="catalogue",
        expected="a model that stays",
        saw=excerpt("; ".join(said), 200),
        warning=True,
    )
