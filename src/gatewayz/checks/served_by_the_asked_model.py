"""Did the model answer that was asked?"""

from gatewayz.core import Finding, Observation, check
from gatewayz.core.names import distilled, kin, same_model
from gatewayz.core.text import excerpt

# Ids that order a choice and no model: whoever answers is right.
_ROUTERS = frozenset({"auto", "router", "default", "any", "best", "fastest", "cheapest"})


@check
def served_by_the_asked_model(seen: Observation) -> Finding | None:
    """The reply's `model` may be another name of the model that was asked.

    Returns None for aliases, dated snapshots and names that do not tell; a failing Finding where
    the names are of different families, and a warning where one family's name tells another size
    or generation, one is a distillate of the other, or the one family's models are tunes of the
    other's, since such names are given freely.
    """
    last, model = seen.last, seen.case.model
    asked = (last.asked if last is not None else "") or (model.id if model is not None else "")
    if asked == seen.reply.model:
        return None
    words = asked.lower().replace(":", "/").replace("-", "/").split("/")
    if not asked or _ROUTERS & set(words):
        return None
    taught = distilled(asked, seen.reply.model)
    if same_model(asked, seen.reply.model) is not False and not taught:
        return None
    if model is not None and same_model(model.title, seen.reply.model):
        return None
    saw = f"an answer by '{excerpt(seen.reply.model, 120)}'"
    return Finding(
        kind="wrong-model-served",
        expected=f"'{excerpt(asked, 120)}'",
        saw=saw,
        warning=kin(asked, seen.reply.model),
    )
