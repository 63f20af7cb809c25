"""Lists that do not agree with what is served: one story in the list and in the calls."""

import re

from gatewayz.simulator import running


def ids(seen):
    return [row["id"] for row in seen.json["data"]]


def everywhere(name, **more):
    return [{"fault": name, "path": "*", **more}]


def quiet(**settings):
    return running(latency_s=0, gap_s=0, **settings)


def test_a_listed_id_fails_and_its_other_form_works(send):
    _, caller_of = send
    ways = set()
    for seed in range(12):
        with quiet(seed=seed, faults=everywhere("listed-id-differs")) as sim:
            caller = caller_of(sim)
            listed = ids(caller.get("nebius", "/v1/models"))[0]
            assert sim.log[-1].fault == "listed-id-differs"
            refused = caller.chat("nebius", listed)
            assert refused.status in (400, 404), listed
            assert sim.log[-1].fault == "listed-id-differs"
            forms = [listed.partition("/")[2], listed.partition(":")[2], f"openai/{listed}"]
            works = [form for form in forms if caller.chat("nebius", form).status == 200]
            assert works, listed
            assert sim.log[-1].fault in ("", "listed-id-differs")
            ways.add(re.sub(r"(ope|gpt|Qwen|deep).*", "", listed))

    assert len(ways) >= 4


def test_only_small_letters_are_served(send):
    _, caller_of = send
    with quiet(faults=everywhere("id-case-mismatch")) as sim:
        caller = caller_of(sim)
        for listed in ids(caller.get("nebius", "/v1/models"))[:3]:
            assert listed != listed.lower()
            assert caller.chat("nebius", listed).status in (400, 404)
            assert sim.log[-1].fault == "id-case-mismatch"
            assert caller.chat("nebius", listed.lower()).said == "Test successful"
            assert sim.log[-1].fault == ""


def test_what_is_left_out_of_the_list_still_works(send):
    _, caller_of = send
    with quiet() as sim:
        whole = ids(caller_of(sim).get("groq", "/openai/v1/models"))
    lacking = set()
    for seed in range(6):
        with quiet(seed=seed, faults=everywhere("servable-not-listed")) as sim:
            caller = caller_of(sim)
            first, again = (ids(caller.get("groq", "/openai/v1/models")) for _ in range(2))
            missing = sorted(set(whole) - set(first))

            assert first == again
            assert missing
            assert caller.chat("groq", missing[0]).said == "Test successful"
            lacking.add(tuple(missing))

    assert len(lacking) >= 3


def test_a_listed_model_is_not_deployed(caller, sim):
    header = [("x-simulate-fault", "listed-not-servable")]
    statuses = {
        caller.chat("groq", "llama-3.3-70b-versatile", headers=header).status for _ in range(30)
    }

    assert statuses == {400, 404, 503}


def test_a_public_list_takes_any_key_and_chat_does_not(send):
    _, caller_of = send
    with quiet(faults=everywhere("auth-listing-is-public")) as sim:
        caller = caller_of(sim)
        for key in ("sk-wrong-0123456789abcdef", ""):
            assert len(ids(caller.get("groq", "/openai/v1/models", key=key))) > 3
            assert sim.log[-1].fault == "auth-listing-is-public"
            assert caller.chat("groq", "qwen/qwen3-32b", key=key).status == 401
        assert caller.chat("groq", "qwen/qwen3-32b").said == "Test successful"


def test_a_list_is_cut_at_a_round_number_or_its_cursor_leads_nowhere(send):
    _, caller_of = send
    header = [("x-simulate-fault", "models-truncated")]
    with quiet(models_per_gateway={"litellm": 250}) as sim:
        caller = caller_of(sim)
        ways = {}
        for _ in range(60):
            seen = caller.get("litellm", "/v1/models", headers=header)
            assert len(ids(seen)) == 100
            ways[sim.log[-1].variant] = seen.json
        more = ways["next-url"]["next"].partition("/litellm")[2]
        followed = caller.get("litellm", more, headers=header)

    assert set(ways) == {
        "has-more",
        "has-more-alone",
        "next-url",
        "page-token",
        "links",
        "exactly-100",
    }
    assert set(ways["exactly-100"]) == {"object", "data"}
    assert ways["has-more"]["has_more"] is True
    assert ids(followed)[0] == ways["next-url"]["data"][0]["id"]


def test_a_deprecated_model_answers_with_a_notice_or_is_gone(caller, sim):
    ways = {}
    for stream in (False, True):
        for _ in range(40):
            seen = caller.chat("groq", "fault/deprecated-model", stream=stream)
            ways.setdefault(sim.log[-1].variant.partition("-")[0], []).append(seen)

    assert set(ways) == {"header", "field", "gone"}
    assert all({"deprecation", "sunset"} & set(seen.headers) for seen in ways["header"])
    assert all(seen.said == "Test successful" for seen in ways["header"] + ways["field"])
    assert {seen.status for seen in ways["gone"]} == {404, 410}
