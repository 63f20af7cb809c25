"""Writes the model that make_model.py trained as a GGUF file, which llama.cpp reads.

    python hf_to_gguf.py FOLDER OUT.gguf [--type f32|f16|q8_0]

Needs gguf, numpy and safetensors. Only for what make_model.py writes: a Llama with tied embeddings
and a byte-level BPE vocabulary split the GPT-2 way.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from safetensors.numpy import load_file

FILE_TYPES = {
    "f32": gguf.LlamaFileType.ALL_F32,
    "f16": gguf.LlamaFileType.MOSTLY_F16,
    "q8_0": gguf.LlamaFileType.MOSTLY_Q8_0,
}
WHOLE = {
    "model.embed_tokens.weight": "token_embd.weight",
    "model.norm.weight": "output_norm.weight",
}
IN_LAYER = {
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def main() -> None:
    """Convert one folder."""
    parser = argparse.ArgumentParser(description="Write a trained model as GGUF.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--type", choices=FILE_TYPES, default="q8_0")
    options = parser.parse_args()
    config = _json(options.folder / "config.json")
    writer = gguf.GGUFWriter(str(options.out), "llama")
    write_shape(writer, config)
    writer.add_file_type(FILE_TYPES[options.type])
    write_vocabulary(writer, config, _json(options.folder / "tokenizer.json"))
    template = (options.folder / "chat_template.jinja").read_text(encoding="utf-8")
    writer.add_chat_template(template)
    weights = load_file(options.folder / "model.safetensors")
    write_weights(writer, config, weights, options.type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    print(options.out, options.out.stat().st_size, "bytes")


def write_shape(writer: gguf.GGUFWriter, config: dict[str, Any]) -> None:
    """The numbers that tell llama.cpp what kind of Llama this is."""
    rope = config.get("rope_parameters") or config
    writer.add_name("tiny test model")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_key_length(config["head_dim"])
    writer.add_value_length(config["head_dim"])
    writer.add_rope_dimension_count(config["head_dim"])
    writer.add_rope_freq_base(float(rope.get("rope_theta", 10000.0)))
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_vocab_size(config["vocab_size"])


def write_vocabulary(
    writer: gguf.GGUFWriter, config: dict[str, Any], tokenizer: dict[str, Any]
) -> None:
    """Tokens in the order of their ids, the special ones marked, and the merges."""
    added = tokenizer["added_tokens"]
    special = {token["id"] for token in added if token["special"]}
    ids = {**tokenizer["model"]["vocab"], **{token["content"]: token["id"] for token in added}}
    ordered = sorted(ids.items(), key=lambda item: item[1])
    control, normal = gguf.TokenType.CONTROL, gguf.TokenType.NORMAL
    merges = tokenizer["model"]["merges"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([token for token, _ in ordered])
    writer.add_token_types([control if at in special else normal for _, at in ordered])
    writer.add_token_merges([pair if isinstance(pair, str) else " ".join(pair) for pair in merges])
    writer.add_eos_token_id(config["eos_token_id"])
    writer.add_pad_token_id(config["pad_token_id"])
    writer.add_add_bos_token(False)


def write_weights(
    writer: gguf.GGUFWriter, config: dict[str, Any], weights: dict[str, np.ndarray], kind: str
) -> None:
    """Every tensor under llama.cpp's name; the small ones stay in full precision."""
    q8_0 = gguf.GGMLQuantizationType.Q8_0
    for name, stored in weights.items():
        tensor = stored.astype(np.float32)
        target = WHOLE.get(name) or _in_layer(name)
        if name.endswith("self_attn.q_proj.weight"):
            tensor = _paired(tensor, config["num_attention_heads"])
        if name.endswith("self_attn.k_proj.weight"):
            tensor = _paired(tensor, config["num_key_value_heads"])
        if tensor.ndim == 1 or kind == "f32":
            writer.add_tensor(target, tensor)
        elif kind == "f16":
            writer.add_tensor(target, tensor.astype(np.float16))
        else:
            writer.add_tensor(target, gguf.quants.quantize(tensor, q8_0), raw_dtype=q8_0)


def _in_layer(name: str) -> str:
    _, _, layer, rest = name.split(".", 3)
    return f"blk.{layer}.{IN_LAYER[rest.removesuffix('.weight')]}.weight"


def _paired(weight: np.ndarray, heads: int) -> np.ndarray:
    # Rotary halves as llama.cpp wants them: pairs side by side.
    half = weight.shape[0] // heads // 2
    return weight.reshape(heads, 2, half, *weight.shape[1:]).swapaxes(1, 2).reshape(weight.shape)


def _json(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
