"""The bucket of an id: a documented, salted hash that any language can compute again.

    message = salt in UTF-8, padded on the right with spaces to 64 bytes, then the id in UTF-8, as it is
    digest  = MD5(message)                                    16 bytes
    u       = the first four bytes of the digest as an unsigned big-endian number (the first 8 hex digits)
    bucket  = floor(u * 1,000,000 / 2^32)                     0 to 999,999

In SQL: `md5(rpad(salt, 64) || id)`, then its first eight hex digits as a number. u * 1,000,000 stays below 2^52, so
that double-precision arithmetic (JavaScript) gives the same bucket. Salts are at most 64 bytes and do not end with a
space, so no two of them give one message. `VECTORS` are the published test vectors.

Why MD5: it is in every database and standard library, and it passes the tests of independence between experiments that
cheaper hashes failed (Kohavi, Longbotham, Sommerfield and Henne, Data Mining and Knowledge Discovery 18, 2009, section
4.1). Assignment needs evenness, not secrecy. The padded salt fills the first block of MD5, which is hashed once per
batch; `buckets` then hashes whole columns of ids at a time with array arithmetic instead of one call per id.
"""

import hashlib
import struct
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pushgen.errors import ConfigurationError, InputError

BUCKETS = 1_000_000
SALT_BYTES = 64
VECTORS: Mapping[tuple[str, str], int] = {
    ("arms:demo", "user-1"): 454_631,
    ("arms:demo", "user-2"): 866_131,
    ("layer:copy", "user-1"): 170_060,
    ("holdout:2026", ""): 224_354,
    ("arms:demo", "9f1c2b7e-5d3a-4c1e-8a77-0d6f4a2b9c10"): 769_249,
    ("arms:推送", "用户-7"): 607_594,
    ("arms:demo", "x" * 55): 371_688,
    ("arms:demo", "x" * 56): 1870,
    ("arms:demo", "x" * 200): 651_612,
}
"""Salt and id to bucket; lengths on both sides of MD5's block, and letters of more than one byte."""

Words = NDArray[np.uint32]
_CHUNK = 16_384
"""Ids that are hashed at a time: their words stay in the processor's cache."""
_SINES = [int(abs(np.sin(i + 1)) * 2**32) & 0xFFFFFFFF for i in range(64)]
_SHIFTS = [shift for row in ((7, 12, 17, 22), (5, 9, 14, 20), (4, 11, 16, 23), (6, 10, 15, 21)) for shift in row * 4]
_WORD = [*range(16), *((5 * i + 1) % 16 for i in range(16)), *((3 * i + 5) % 16 for i in range(16)),
         *((7 * i) % 16 for i in range(16))]  # fmt: skip
_START = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476)
# By bytes of the id left in a word, from "none, and the end mark was set before" to "four or more".
_KEEP = np.array([0, 0, 0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF], np.uint32)
_MARK = np.array([0, 0x80, 0x8000, 0x800000, 0x80000000, 0], np.uint32)


def bucket(salt: str, unit_id: str) -> int:
    """Bucket of one id, 0 to 999,999: the plain form of the definition above."""
    digest = hashlib.md5(_padded(salt) + unit_id.encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[:4], "big") * BUCKETS >> 32


def buckets(salt: str, ids: pl.Series) -> NDArray[np.int64]:
    """Buckets of a column of ids, shape (N,): the same as `bucket` one by one.

    Ids are texts; whole numbers are taken in decimal. Raises `InputError` for a null.
    """
    if ids.has_nulls():
        raise InputError(
            field=ids.name or None,
            row=int(ids.is_null().arg_max() or 0) + 1,
            expected="an id in every row",
            found="none",
            remedy="Leave rows without id out; they cannot be assigned.",
        )
    data, offset_N = _bytes_of(ids.cast(pl.String))
    start, found = _midstate(salt), np.empty(len(ids), np.int64)
    for at in range(0, len(ids), _CHUNK):
        piece = offset_N[at : at + _CHUNK + 1]
        first = _digest_word(data, piece[:-1], np.diff(piece), start)
        found[at : at + _CHUNK] = (first.byteswap().astype(np.uint64) * np.uint64(BUCKETS)) >> np.uint64(32)
    return found


def _padded(salt: str) -> bytes:
    encoded = salt.encode()
    if not encoded or len(encoded) > SALT_BYTES or encoded.endswith(b" "):
        raise ConfigurationError(
            f"a salt has 1 to {SALT_BYTES} bytes and does not end with a space, found {salt!r}; choose a shorter name"
        )
    return encoded.ljust(SALT_BYTES)


def _bytes_of(ids: pl.Series) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """All ids in one array of bytes with room to read beyond its end, and where each starts, shape (N + 1,)."""
    array = cast(Any, ids.to_arrow(compat_level=pl.CompatLevel.oldest()))  # pyright: ignore[reportUnknownMemberType]
    _, offsets, data = array.buffers()
    place = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(ids) + 1]
    held = np.frombuffer(data, np.uint8)[place[0] : place[-1]] if data is not None else np.empty(0, np.uint8)
    return np.concatenate([held, np.zeros(SALT_BYTES, np.uint8)]), place - place[0]


@lru_cache
def _midstate(salt: str) -> tuple[int, ...]:
    words = [np.full(1, word, np.uint32) for word in struct.unpack("<16I", _padded(salt))]
    return tuple(int(part[0]) for part in _compress([np.full(1, part, np.uint32) for part in _START], words))


def _digest_word(
    data: NDArray[np.uint8], start_N: NDArray[np.int64], length_N: NDArray[np.int64], state: tuple[int, ...]
) -> Words:
    """First word of MD5(salt block + id) for every id, shape (N,)."""
    parts = [np.full(len(start_N), part, np.uint32) for part in state]
    # Any four bytes in a row as one little-endian number, without copying.
    at_byte = np.ndarray((len(data) - 3,), "<u4", data, 0, (1,))
    blocks_N = (length_N + 8) // 64 + 1
    bits = ((length_N + SALT_BYTES) * 8).astype(np.uint64)
    shortest, longest = int(length_N.min()), int(length_N.max())
    for block in range(int(blocks_N.max())):
        words: list[Words | None] = []
        for done in range(64 * block, 64 * block + 64, 4):
            if done > longest:
                words.append(None)
                continue
            word = at_byte[np.minimum(start_N + done, len(at_byte) - 1)]
            if done + 4 > shortest:
                left = np.clip(length_N - done, -1, 4) + 1
                word = (word & _KEEP[left]) | _MARK[left]
            words.append(word)
        for place, half in ((14, bits.astype(np.uint32)), (15, (bits >> np.uint64(32)).astype(np.uint32))):
            # Only the last block of an id holds its length; before it stands text.
            text = words[place]
            words[place] = np.where(blocks_N == block + 1, half, 0 if text is None else text)
        after = _compress(parts, words)
        more = blocks_N > block
        parts = after if more.all() else [np.where(more, new, old) for new, old in zip(after, parts, strict=True)]
    return parts[0]


def _compress(state: list[Words], words: Sequence[Words | None]) -> list[Words]:
    """One block of MD5 (RFC 1321, section 3.4) for N messages at a time; a word of None is 0 in all of them."""
    a, b, c, d = (part.copy() for part in state)
    f, spare = np.empty_like(a), np.empty_like(a)
    for i in range(64):
        if i < 16:
            np.bitwise_xor(c, d, out=f)
            np.bitwise_and(f, b, out=f)
            np.bitwise_xor(f, d, out=f)
        elif i < 32:
            np.bitwise_xor(b, c, out=f)
            np.bitwise_and(f, d, out=f)
            np.bitwise_xor(f, c, out=f)
        elif i < 48:
            np.bitwise_xor(b, c, out=f)
            np.bitwise_xor(f, d, out=f)
        else:
            np.bitwise_not(d, out=f)
            np.bitwise_or(f, b, out=f)
            np.bitwise_xor(f, c, out=f)
        f += a
        word = words[_WORD[i]]
        if word is not None:
            f += word
        f += np.uint32(_SINES[i])
        np.right_shift(f, np.uint32(32 - _SHIFTS[i]), out=spare)
        np.left_shift(f, np.uint32(_SHIFTS[i]), out=f)
        np.bitwise_or(f, spare, out=f)
        f += b
        a, d, c, b, f = d, c, b, f, a
    for part, old in zip((a, b, c, d), state, strict=True):
        part += old
    return [a, b, c, d]
