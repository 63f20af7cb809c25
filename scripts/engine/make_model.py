"""Makes the tiny chat model from nothing, on a processor alone, in some minutes.

    python make_model.py FOLDER [--steps N] [--seconds S] [--threads T] [--seed K]

A byte-level BPE tokenizer is built and a Llama of well under a million parameters is trained, both
from the chats of lessons.py, so nothing is downloaded. `--steps 0` leaves the weights random.
Needs torch, transformers and tokenizers, which nothing else in the project does; hf_to_gguf.py
then turns FOLDER into the file that llama.cpp serves.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from pathlib import Path
from typing import Any

import torch
from lessons import FIXED, Message, Tool, chat
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

# ChatML, with tools written the Hermes way: engines recognise this shape.
TEMPLATE = (Path(__file__).parent / "chat_template.jinja").read_text(encoding="utf-8")
SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
PEAK_RATE = 3e-3
NOT_LEARNT = -100


def build_tokenizer(rng: random.Random, vocabulary: int) -> PreTrainedTokenizerFast:
    """A tokenizer fitted to the lessons; the split is GPT-2's, which llama.cpp knows."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    corpus = [json.dumps(chat(rng), ensure_ascii=False) for _ in range(3000)]
    for _ in range(3000):
        corpus += [message["content"] for message in chat(rng)[0] if message["content"]]
    corpus.append(TEMPLATE)
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=SPECIALS,
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(corpus, trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        clean_up_tokenization_spaces=False,
        model_max_length=4096,
    )
    fast.chat_template = TEMPLATE
    return fast


def encode(
    tokenizer: PreTrainedTokenizerFast, messages: list[Message], tools: list[Tool] | None
) -> tuple[list[int], list[int]]:
    """Token ids and labels of one chat; only the assistant's last turn is learnt.

    Raises: ValueError if the template writes a chat differently once the answer is in it.
    """
    whole = tokenizer.apply_chat_template(messages, tools=tools, tokenize=False)
    head = tokenizer.apply_chat_template(
        messages[:-1], tools=tools, tokenize=False, add_generation_prompt=True
    )
    if not whole.startswith(head):
        raise ValueError(f"the template does not keep its beginning: {head!r}")
    given = tokenizer(head, add_special_tokens=False).input_ids
    learnt = tokenizer(whole[len(head) :].rstrip("\n"), add_special_tokens=False).input_ids
    return given + learnt, [NOT_LEARNT] * len(given) + learnt


def build_model(tokenizer: PreTrainedTokenizerFast, hidden: int, layers: int) -> LlamaForCausalLM:
    """An untrained Llama of the usual proportions."""
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=hidden,
        intermediate_size=3 * hidden,
        num_hidden_layers=layers,
        num_attention_heads=hidden // 32,
        num_key_value_heads=max(1, hidden // 64),
        head_dim=32,
        max_position_embeddings=4096,
        rope_theta=10000.0,
        tie_word_embeddings=True,
        rms_norm_eps=1e-5,
        bos_token_id=None,
        eos_token_id=tokenizer.convert_tokens_to_ids("<|im_end|>"),
        pad_token_id=tokenizer.convert_tokens_to_ids("<|endoftext|>"),
        attention_bias=False,
        mlp_bias=False,
    )
    return LlamaForCausalLM(config)


def train(
    model: LlamaForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    rng: random.Random,
    options: argparse.Namespace,
) -> None:
    """Train for the steps or the seconds asked for, whichever ends first."""
    started = time.monotonic()
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=PEAK_RATE, betas=(0.9, 0.95), weight_decay=0.01
    )
    model.train()
    smooth = None
    for step in range(options.steps):
        spent_s = time.monotonic() - started
        done = max(step / options.steps, spent_s / options.seconds)
        if done >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = PEAK_RATE * min(1, (step + 1) / 30) * max(0.03, 1 - done)
        ids, labels = _batch(model, tokenizer, rng, options.batch)
        loss = model(input_ids=ids, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        smooth = loss.item() if smooth is None else 0.95 * smooth + 0.05 * loss.item()
        if step % 50 == 0:
            print(f"step {step} loss {smooth:.4f} {spent_s:.0f}s", flush=True)
    print(f"trained {time.monotonic() - started:.0f}s, loss {smooth}", flush=True)


def _batch(
    model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, rng: random.Random, size: int
) -> tuple[torch.Tensor, torch.Tensor]:
    rows = [encode(tokenizer, *chat(rng)) for _ in range(size)]
    width = max(len(ids) for ids, _ in rows)
    ids = torch.full((size, width), model.config.pad_token_id)
    labels = torch.full((size, width), NOT_LEARNT)
    for row, (tokens, learnt) in enumerate(rows):
        ids[row, : len(tokens)] = torch.tensor(tokens)
        labels[row, : len(learnt)] = torch.tensor(learnt)
    return ids, labels


def examine(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast) -> None:
    """Ask what it should know, and print how much of it comes back right."""
    chats: list[tuple[list[Message], list[Tool] | None]] = [
        (
            [{"role": "user", "content": questions[0]}, {"role": "assistant", "content": answer}],
            None,
        )
        for questions, answer in FIXED
    ]
    rng = random.Random(1)
    chats += [lesson for lesson in (chat(rng) for _ in range(40)) if lesson[1]]
    right = 0
    for messages, tools in chats:
        prompt: Any = tokenizer.apply_chat_template(
            messages[:-1],
            tools=tools,
            add_generation_prompt=True,
            return_tensors="pt",
            return_dict=True,
        )
        start = prompt["input_ids"].shape[1]
        said = tokenizer.decode(model.generate(**prompt, max_new_tokens=160)[0, start:])
        wanted = tokenizer.decode(encode(tokenizer, messages, tools)[0][start:])
        right += said == wanted
        if said != wanted:
            print(f"{messages[-2]['content']!r} -> {said!r}", flush=True)
    print(f"right: {right} of {len(chats)}", flush=True)


def main() -> None:
    """Build, train, save and examine."""
    parser = argparse.ArgumentParser(description="Make the tiny chat model.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--seconds", type=float, default=900)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--vocabulary", type=int, default=1024)
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--batch", type=int, default=16)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    rng = random.Random(options.seed)
    tokenizer = build_tokenizer(rng, options.vocabulary)
    model = build_model(tokenizer, options.hidden, options.layers)
    parameters = sum(tensor.numel() for tensor in model.parameters())
    print(f"vocabulary {len(tokenizer)}, parameters {parameters:,}", flush=True)
    train(model, tokenizer, rng, options)
    model.eval()
    model.generation_config.do_sample = False
    model.generation_config.eos_token_id = model.config.eos_token_id
    model.generation_config.pad_token_id = model.config.pad_token_id
    model.generation_config.bos_token_id = None
    model.save_pretrained(options.folder)
    tokenizer.save_pretrained(options.folder)
    examine(model, tokenizer)


if __name__ == "__main__":
    main()
