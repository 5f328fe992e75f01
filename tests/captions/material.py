"""Pictures, videos and a small vision-language model, made for tests."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
RED, GREEN, BLUE, WHITE = (220, 20, 20), (20, 200, 30), (10, 30, 210), (250, 250, 250)


def picture(colour: tuple[int, int, int], width: int = 96, height: int = 64) -> Picture:
    """One colour, with a dark bar at the left side."""
    pixels = np.full((height, width, 3), colour, np.uint8)
    pixels[:, : width // 8] = 0
    return pixels


def save_picture(path: Path, pixels: Picture, **options: Any) -> Path:
    from PIL import Image

    Image.fromarray(pixels).save(path, **options)
    return path


def save_video(path: Path, scenes: Sequence[tuple[tuple[int, int, int], float]], rate: int = 10) -> Path:
    """A video of scenes: colour and seconds of each. The bar moves, so that no two frames are the same."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        stream.time_base = Fraction(1, rate)
        count = 0
        for colour, seconds in scenes:
            for _ in range(round(seconds * rate)):
                pixels = np.roll(picture(colour), 2 * count, axis=1)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
                count += 1
        container.mux(stream.encode(None))
    return path


def save_sound(path: Path) -> Path:
    """A file with sound alone."""
    import av

    with av.open(str(path), "w", format="wav") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def save_vision_model(folder: Path) -> str:
    """A tiny random LLaVA with a byte-level tokenizer and a chat template, saved as any hub model is."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import (
        CLIPVisionConfig,
        LlamaConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
        LlavaProcessor,
        PreTrainedTokenizerFast,
    )
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    special = ["<pad>", "<end>", "<turn>", "<image>"]
    tokenizer = Tokenizer(models.BPE(vocab={t: n for n, t in enumerate([*special, *letters])}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<end>", additional_special_tokens=special[2:]
    )
    processor = LlavaProcessor(
        image_processor=CLIPImageProcessorPil(size={"shortest_edge": 16}, crop_size={"height": 16, "width": 16}),
        tokenizer=fast,
        patch_size=8,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=(
            "{% for m in messages %}<turn>{{ m['role'] }}: {% for part in m['content'] %}"
            "{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}{% endfor %}\n{% endfor %}"
            "{% if add_generation_prompt %}<turn>caption: {% endif %}"
        ),
    )
    torch.manual_seed(0)
    small: dict[str, Any] = {"hidden_size": 16, "intermediate_size": 32, "num_attention_heads": 2}
    model = LlavaForConditionalGeneration(
        LlavaConfig(
            vision_config=CLIPVisionConfig(
                **small, num_hidden_layers=1, image_size=16, patch_size=8, projection_dim=16
            ),
            text_config=LlamaConfig(
                **small, vocab_size=tokenizer.get_vocab_size(), num_hidden_layers=1, num_key_value_heads=2,
                max_position_embeddings=8192, pad_token_id=0, eos_token_id=1, bos_token_id=None,
            ),
            image_token_index=3,
            vision_feature_layer=-1,
        )
    )  # fmt: skip
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return str(folder)
