"""What must come of the week of `simulator/week.toml`: plain arithmetic, nothing of ours imported.

Hours count from the week's start, and each is one probe of each model. What is written here is done by
counting over whole lists again and again: slow, short, and unlike the program that it is held against.
"""

import json
import math
import sqlite3
import tomllib

PROMISED, TTFT_LIMIT_S, TTFT_SHARE = 0.99, 1.5, 0.95
# Of a window of 7 days: 2 % of the budget in an hour, 5 % in 6 hours, 10 % in 3 days; at least 1.
LEVELS = (
    ("page", max(1, 0.02 * 168 / 1), 1, 1 / 12),
    ("page", max(1, 0.05 * 168 / 6), 6, 1 / 2),
    ("ticket", max(1, 0.10 * 168 / 72), 72, 6),
)
OURS = {"our network", "rate limit"}
# Whose fault a kind is by itself, of those in the script.
CULPRITS = {"rate-limit-no-hint": "rate limit"}


def read(path):
    with open(path, "rb") as file:
        return tomllib.load(file)


def on(event, gateway, hour):
    first, after = event["hours"]
    of_it = event["gateway"] in ("*", gateway)
    return of_it and first <= hour < after and (hour - first) % event.get("every", 1) == 0


def happens(script, gateway, place, hour):
    """The event that a model meets with in an hour; what stops the whole gateway goes first."""
    events = [event for event in script["event"] if on(event, gateway, hour)]
    for event in events:
        if event["what"] in ("list", "no key"):
            return event
    for event in events:
        first, after = event.get("models", (0, 10**6))
        if first <= place < after:
            return event
    return None


def hour_of(script, gateway, place, hour):
    """("good" | "bad" | why it does not count, whether the first token came in time; None: none came)."""
    for one in script.get("maintenance", ()):
        if one["gateway"] == gateway and one["hours"][0] <= hour < one["hours"][1]:
            return "maintenance", "maintenance"
    event = happens(script, gateway, place, hour)
    if event is None:
        return "good", "good"
    if event["what"] == "slow":
        return "good", "bad"
    if event["what"] == "no key":
        return "no key", "no key"
    if event.get("outcome") == "unknown":
        return "unknown", "unknown"
    culprit = event.get("culprit") or CULPRITS.get(event["kind"], "theirs")
    return (culprit, culprit) if culprit in OURS else ("bad", "not answered")


def week_of(script, gateway, place, which):
    """The week of one model, hour by hour: for its availability (0) or its first token (1)."""
    return [hour_of(script, gateway, place, hour)[which] for hour in range(script["hours"])]


def counts(week):
    return {word: week.count(word) for word in sorted(set(week))}


def incidents(week):
    """(first bad hour, first good hour or None, hour in which it was believed, hour in which its end was).

    Two bad of the last three that count begin one, two good in a row end it.
    """
    counted = [(hour, word == "bad") for hour, word in enumerate(week) if word in ("good", "bad")]
    found, at, seen_from = [], 0, 0
    while at < len(counted):
        last = counted[max(seen_from, at - 2) : at + 1]
        if sum(bad for _, bad in last) < 2:
            at += 1
            continue
        start, believed = next(hour for hour, bad in last if bad), counted[at][0]
        end = at + 1
        while end < len(counted) and (counted[end][1] or counted[end - 1][1]):
            end += 1
        if end >= len(counted):
            found.append((start, None, believed, None))
            break
        found.append((start, counted[end - 1][0], believed, counted[end][0]))
        at = seen_from = end + 1
    return found


def burn(week, hour, length, promised):
    """Bad ones among those of the last hours, over what may be bad; of five at least, else None."""
    counted = [h for h in range(hour + 1) if week[h] in ("good", "bad")]
    within = [h for h in counted if h > hour - length]
    if len(within) < 5:
        within = counted[-5:]
    if len(within) < 5:
        return None
    return sum(week[h] == "bad" for h in within) / len(within) / (1 - promised)


def severity(week, hour, promised):
    for name, factor, long, short in LEVELS:
        rates = burn(week, hour, long, promised), burn(week, hour, short, promised)
        if all(rate is not None and rate >= factor for rate in rates):
            return name
    return None


def alerts(week, promised):
    """(hour of the start, hour of the end or None, the highest severity)."""
    found = []
    for _, _, believed, over in incidents(week):
        last = over if over is not None else len(week)
        told = [
            (hour, severity(week, hour, promised))
            for hour in range(believed, last)
            if week[hour] in ("good", "bad") and two_of_three(week, hour)
        ]
        told = [(hour, name) for hour, name in told if name]
        if told:
            names = {name for _, name in told}
            found.append((told[0][0], over, "page" if "page" in names else "ticket"))
    return found


def two_of_three(week, hour):
    counted = [h for h in range(hour + 1) if week[h] in ("good", "bad")]
    return sum(week[h] == "bad" for h in counted[-3:]) >= 2


def wilson(good, counted):
    z = 1.959963984540054
    share = good / counted
    root = math.sqrt(share * (1 - share) / counted + z * z / 4 / counted / counted)
    ends = [
        (share + z * z / 2 / counted + sign * z * root) / (1 + z * z / counted) for sign in (-1, 1)
    ]
    return max(0.0, ends[0]), min(1.0, ends[1])


def first_tokens(store, gateway, model):
    """Seconds to the first token of each answer of a model, in rising order, out of the file itself."""
    query = "SELECT verdict FROM verdicts WHERE gateway = ? AND model = ? AND outcome = 'passed'"
    found = []
    for (text,) in store.execute(query, (gateway, model)):
        timing = json.loads(text)["observation"]["attempts"][-1]["timing"]
        found.append(timing["first_token_s"] - timing["sent_s"])
    return sorted(found)


def percentile(values, share):
    """The smallest value with so large a share of all at or below it."""
    return values[math.ceil(share * len(values) - 1e-9) - 1]


def connect(path):
    return sqlite3.connect(path)
