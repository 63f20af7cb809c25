"""Does the provider say that the model will go away?"""

import re

from gatewayz.core import Finding, Observation, check
from gatewayz.core.text import excerpt

_NO = frozenset({"", "0", "false", "no", "none", "null", "never"})
# What is said of a model that goes, by the roots of words in several languages.
_GOING = re.compile(
    r"deprecat|\bretir|sunset|discontinu|end[ -]of[ -](?:life|support|service)|\beol\b|decommission"
    r"|phas(?:ed|ing) out|shut(?:ting)?[ -]?down|turned off|no longer (?:be )?(?:available"
    r"|supported|served|maintained)|legacy model"
    r"|\bwill\W+(?:\w+\W+){0,4}(?:removed|replaced|unavailable|disabled|withdrawn)"
    r"|veraltet|abgekündigt|abkündigung|eingestellt|abgeschaltet|abschaltung|ausgemustert"
    r"|nicht mehr (?:verfügbar|unterstützt|angeboten)"
    r"|obsol[eè]t|déprécié|abandonn|supprimé|sera\W+(?:\w+\W+){0,3}arrêté|fin de vi[ed]"
    r"|plus (?:disponible|pris en charge|maintenu)"
    r"|descontinuad|dejará de|eliminad|depreciad|desactivad|desativad|removid"
    r"|dismess|ritirat|rimoss|fine vita|wycofan|uitgefaseerd|verouderd|stopgezet|kullanımdan kald"
    r"|устар|вывод(?:ится|им)|выведен|прекращ|снят[аы]? с|отключен"
    r"|弃用|棄用|废弃|停用|下线|下線|退役|停止(?:服务|服務|支持|提供)|廃止|非推奨|提供(?:を)?終了|サポート終了"
    r"|지원 ?(?:종료|중단)|폐기|(?:중단|종료)(?:될|됩|예정)|더 이상",
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
    if _GOING.search(notice) and (_MODEL.search(notice) or not _FIELD.search(notice)):
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
