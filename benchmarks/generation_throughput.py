"""Candidates per second of each local generator, and batched `hf` beside plain `generate` one by one.

    python benchmarks/generation_throughput.py [--contents 40] [--repeats 5]

A small random Llama stands for a causal model: its texts mean nothing, its arithmetic is a real one's. Both ways
write the same prompts with the same decoding; repeats are paired, and their order alternates. Writes
benchmarks/results/generation_throughput.md and .json.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.generation import tiny

from benchmarks.machine import stamp
from pushgen.generation.hf import HuggingFaceConfig, HuggingFaceGenerator
from pushgen.generation.hf.codec import PromptCodec
from pushgen.generation.hf.loading import load_causal, room
from pushgen.generation.provenance import language_of
from pushgen.generation.template import TemplateGenerator
from pushgen.protocols import GenerationRequest, Generator
from pushgen.records import Content
from pushgen.styles.taxonomy import load_taxonomy

RESULTS = Path(__file__).parent / "results"
TOKENS = 24


def requests(count: int) -> list[GenerationRequest]:
    contents = [
        Content(content_id=f"c{n}", caption=" ".join([row["caption"]] * (1 + n % 4)))
        for n, row in enumerate(tiny.corpus(count, seed=5).iter_rows(named=True))
    ]
    return [GenerationRequest(content=content, style=style) for content in contents for style in tiny.STYLES]


def one_by_one(model: Any, tokenizer: Any, asked: list[GenerationRequest]) -> Callable[[], object]:
    """What a first script would do: tokenise, generate, decode, next."""
    import torch
    from transformers import GenerationConfig

    codec, taxonomy = PromptCodec(tokenizer, room(model, TOKENS)), load_taxonomy()
    decoding = GenerationConfig(
        do_sample=True, temperature=0.8, top_p=0.95, top_k=50, max_new_tokens=TOKENS, pad_token_id=codec.pad,
        eos_token_id=codec.end,
    )  # fmt: skip

    def call() -> list[str]:
        texts: list[str] = []
        for request in asked:
            _, ids = codec.encode(request, taxonomy, language_of(request.content), 110)
            prompt = torch.tensor([ids])
            with torch.inference_mode():
                written = model.generate(prompt, attention_mask=torch.ones_like(prompt), generation_config=decoding)
            texts.append(tokenizer.decode(written[0, len(ids) :], skip_special_tokens=True))
        return texts

    return call


def rate(call: Callable[[], object], count: int) -> float:
    began = time.perf_counter()
    call()
    return count / (time.perf_counter() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contents", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    asked = requests(arguments.contents)
    with tempfile.TemporaryDirectory() as folder:
        captions = [request.content.caption or "" for request in asked]
        name = tiny.save_causal(Path(folder), captions, width=128)
        model, tokenizer = load_causal(name)
        batched = HuggingFaceGenerator(*load_causal(name), HuggingFaceConfig(max_tokens=TOKENS, batch=32), name="hf")
        local: dict[str, Generator] = {"template": TemplateGenerator(), "seq2seq": tiny.seq2seq(), "hf": batched}
        calls: dict[str, Callable[[], object]] = {
            name: (lambda generator=generator: generator.generate(asked)) for name, generator in local.items()
        }
        calls["generate one by one"] = one_by_one(model, tokenizer, asked)
        for call in calls.values():
            call()
        rates: dict[str, list[float]] = {name: [] for name in calls}
        for repeat in range(arguments.repeats):
            for name in list(calls)[:: 1 if repeat % 2 else -1]:
                rates[name].append(rate(calls[name], len(asked)))
    ratios = np.log(np.array(rates["hf"]) / np.array(rates["generate one by one"]))
    half = stats.t.ppf(0.975, len(ratios) - 1) * stats.sem(ratios)
    low, mid, high = np.exp([ratios.mean() - half, ratios.mean(), ratios.mean() + half])
    lines = [
        "# Throughput of local generators",
        "",
        *stamp(),
        "",
        "Command: `python benchmarks/generation_throughput.py`",
        "",
    ]
    lines += [
        f"{len(asked)} requests, {arguments.repeats} repeats, wall-clock time. `hf` and `generate one by one` write "
        f"{TOKENS} tokens each with the same random Llama (2 layers of width 128); "
        "`seq2seq` is a small model of one layer.",
        "",
        "| generator | candidates per second, median | least | most |",
        "|---|---|---|---|",
        *(
            f"| {name} | {np.median(found):,.1f} | {min(found):,.1f} | {max(found):,.1f} |"
            for name, found in rates.items()
        ),
        "",
        f"`hf` over one by one: {mid:.1f} [{low:.1f}, {high:.1f}] (95%, t on the logarithm of paired repeats).",
        "",
    ]
    text = "\n".join(lines)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "generation_throughput.md").write_text(text, encoding="utf-8")
    values = {"requests": len(asked), "rates": rates, "ratio": [mid, low, high]}
    (RESULTS / "generation_throughput.json").write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
