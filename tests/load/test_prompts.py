"""What is asked: of a size, from a file; no two alike; the same by the same seed."""

import json

import pytest

from gatewayz.core import ConfigError
from gatewayz.load.prompts import SIZES, prompts_of, read_prompts


def texts(prompts, seed=0, count=50, place="stage-0"):
    return [
        json.dumps(prompts.messages(seed, place, number)[0], sort_keys=True)
        for number in range(count)
    ]


@pytest.fixture
def file(tmp_path):
    def written(*lines):
        path = tmp_path / "prompts.jsonl"
        path.write_text(
            "\n".join(one if isinstance(one, str) else json.dumps(one) for one in lines)
        )
        return path

    return written


@pytest.mark.parametrize("size", SIZES)
def test_no_two_prompts_are_alike_from_the_first_word_on(size):
    found = texts(prompts_of(size))

    beginnings = {text[:50] for text in found}
    assert len(beginnings) == len(found)


def test_other_stages_and_other_seeds_ask_otherwise():
    prompts = prompts_of("short")
    found = {*texts(prompts), *texts(prompts, place="stage-1"), *texts(prompts, seed=1)}

    assert len(found) == 150


def test_the_same_seed_asks_the_same():
    assert texts(prompts_of("short"), seed=5) == texts(prompts_of("short"), seed=5)


def test_sizes_grow():
    sizes = [len(texts(prompts_of(size), count=1)[0]) for size in ("short", "medium", "long")]

    assert sizes[0] < 500 < sizes[1] < 5000 < sizes[2] < 50_000


def test_a_file_holds_texts_messages_and_requests(file):
    path = file(
        json.dumps("Tell me a joke."),
        [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}],
        {"messages": [{"role": "user", "content": "Hm?"}], "max_tokens": 7, "top_p": 0.5,
         "model": "another", "stream": False},
        "",
        {"prompt": "And?"},
    )  # fmt: skip
    prompts = read_prompts(path, "--prompt")
    requests = [
        prompts.request(0, "p", n, max_tokens=50, temperature=0.7, stream=True) for n in range(5)
    ]

    assert len(prompts.written) == 4
    assert requests[0].messages[0]["content"].endswith("] Tell me a joke.")
    assert requests[1].messages[0]["content"].endswith("] Be brief.")
    assert requests[1].messages[1]["content"] == "Why?"
    assert (requests[2].max_tokens, requests[2].extra, requests[2].stream) == (
        7, {"top_p": 0.5}, True,
    )  # fmt: skip
    assert requests[4].messages[0]["content"].endswith("] Tell me a joke.")  # from the start again
    assert requests[4].messages != requests[0].messages


@pytest.mark.parametrize("empty", ["messages", "prompt"])
def test_of_two_fields_the_one_that_is_null_is_not_given(file, empty):
    given = {"prompt": "Hi.", "messages": [{"role": "user", "content": "Hi."}]} | {empty: None}
    prompts = read_prompts(file(given), "--prompt", as_written=True)

    assert prompts.messages(0, "p", 0)[0] == ({"role": "user", "content": "Hi."},)


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens", "temperature", "stop"])
def test_a_field_that_is_null_takes_nothing_from_what_holds_for_all(file, name):
    prompts = read_prompts(file({"prompt": "a", name: None}), "--prompt")
    found = prompts.request(0, "s", 0, max_tokens=50, temperature=0.5, stream=True)

    assert (found.max_tokens, found.temperature, dict(found.extra)) == (50, 0.5, {})


def test_a_line_with_a_limit_of_another_name_is_not_told_a_second_one(file):
    prompts = read_prompts(file({"prompt": "a", "max_completion_tokens": 9}), "--prompt")
    found = prompts.request(0, "s", 0, max_tokens=50, temperature=None, stream=True)

    assert (found.max_tokens, dict(found.extra)) == (None, {"max_completion_tokens": 9})


def test_a_mark_before_the_first_line_is_none_of_it(tmp_path):
    (tmp_path / "a.jsonl").write_text('"One"\r\n', encoding="utf-8-sig", newline="")

    (only,) = read_prompts(tmp_path / "a.jsonl", "--prompt").written

    assert only.messages == ({"role": "user", "content": "One"},)


def test_prompts_of_a_file_are_told_from_others_by_what_is_asked(tmp_path):
    def digest(name, text):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return read_prompts(tmp_path / name, "--prompt").digest

    once = digest("a.jsonl", '"One"\n{"prompt": "Two", "max_tokens": 5}\n')

    assert once == digest("b.jsonl", '"One"\n\n{"max_tokens": 5, "prompt": "Two"}')
    assert once != digest("a.jsonl", '"One"\n{"prompt": "Two", "max_tokens": 6}\n')
    assert once != digest("a.jsonl", '{"prompt": "Two", "max_tokens": 5}\n"One"\n')
    assert prompts_of("short").digest == ""


def test_a_file_of_more_lines_than_are_taken_is_told_and_not_cut(tmp_path):
    path = tmp_path / "long.jsonl"
    path.write_text('"Hi."\n' * 100_001)

    with pytest.raises(ConfigError, match="has more than 100,000 lines"):
        read_prompts(path, "--prompt")


def test_prompts_as_written_are_left_alone(file):
    prompts = read_prompts(file(json.dumps("Hi.")), "--prompt", as_written=True)

    assert prompts.messages(0, "p", 3)[0] == ({"role": "user", "content": "Hi."},)


def test_a_picture_gets_the_mark_beside_it(file):
    picture = {"type": "image_url", "image_url": {"url": "data:,"}}
    prompts = read_prompts(file([{"role": "user", "content": [picture]}]), "--prompt")

    mark, kept = prompts.messages(0, "p", 0)[0][0]["content"]
    assert mark["type"] == "text"
    assert kept == picture


@pytest.mark.parametrize(
    "line", ["{", "7", "[]", '[{"content": "who says?"}]', '{"messages": "x", "max_tokens": 0}']
)
def test_a_line_that_is_no_prompt_is_told_by_its_number(file, line):
    path = file(json.dumps("Fine."), line)

    with pytest.raises(ConfigError, match="line 2"):
        read_prompts(path, "--prompt")


def test_files_without_prompts_are_told(file, tmp_path):
    with pytest.raises(ConfigError, match="no line with a prompt"):
        read_prompts(file("", " "), "--prompt")
    with pytest.raises(ConfigError, match="No such file"):
        read_prompts(tmp_path / "gone.jsonl", "--prompt")
    (tmp_path / "odd.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8"):
        read_prompts(tmp_path / "odd.jsonl", "--prompt")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"prompt": "\\ud800"}', "half a character"),
        ('["\\udc00"]', "half a character"),
        ('{"prompt": "a", "user": {"\\ud800": 1}}', "half a character"),
        ('{"prompt": "a", "seed": 1e400}', "cannot be sent as JSON"),
        ('{"prompt": "a", "logit_bias": {"5": NaN}}', "cannot be sent as JSON"),
        ('{"prompt": "a", "seed": -1' + "0" * 40 + "}", "more digits than a provider can read"),
        ('{"prompt": "a", "max_tokens": 1' + "0" * 40 + "}", "more digits than a provider"),
        ('{"prompt": "a", "max_tokens": 1000000001}', "max_tokens is at most 1,000,000,000"),
        ('{"prompt": "a", "N": "1e30"}', "N is at most 1,000,000,000"),
        ("[" * 100_000, "it is no JSON"),
        (
            '{"prompt": "a", "messages": [{"role": "user", "content": "b"}]}',
            '"messages" and "prompt" are both given; leave one of them out',
        ),
    ],
)
def test_a_line_that_cannot_be_sent_is_told_before_anything_is(file, line, why):
    with pytest.raises(ConfigError, match=f"line 2: .*{why}"):
        read_prompts(file('"Fine."', line), "--prompt")


def test_numbers_that_providers_read_are_sent(file):
    path = file({"prompt": "a", "seed": 2**64 - 1, "top_p": 1e-300, "max_tokens": 10**9})

    assert read_prompts(path, "--prompt").written[0].more["seed"] == 2**64 - 1


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85", "\x7f"])
def test_a_line_ends_where_json_lines_do_and_nowhere_else(tmp_path, mark):
    path = tmp_path / "prompts.jsonl"
    path.write_bytes(f'"one{mark}two"\r\n"three"\n'.encode())
    texts = [one.messages[0]["content"] for one in read_prompts(path, "--prompt").written]

    assert texts == [f"one{mark}two", "three"]
