"""Each distinct text is encoded once: a cache keyed by the hash of the text, in memory and if wished on disk."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from pushgen.manifest import fingerprint
from pushgen.progress import say
from pushgen.protocols import Encoder, Floats


class CachedEncoder:
    """An encoder that remembers. It has the name and the rows of the encoder it wraps, to the last bit.

    On disk there is one folder per encoder and in it one `.npz` file (never pickled) per batch of new texts, written
    by rename, so that several processes may share a cache. Texts themselves are not stored.
    """

    def __init__(self, encoder: Encoder, folder: Path | None = None) -> None:
        self.encoder = encoder
        self.name = encoder.name
        self.dimension = encoder.dimension
        self.misses = 0
        """Distinct texts that had to be encoded so far."""
        self._rows: dict[bytes, Floats] = {}
        self._folder = folder / fingerprint(encoder.name)[:16] if folder else None
        if self._folder:
            self._read(self._folder)

    def encode(self, texts: Sequence[str]) -> Floats:
        """Unit-length rows, shape (len(texts), dimension)."""
        keys = [_key(text) for text in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._rows}
        if new:
            rows = self.encoder.encode(list(new.values()))
            self.misses += len(new)
            self._rows.update(zip(new, rows, strict=True))
            if self._folder:
                self._write(self._folder, list(new), rows)
        if not keys:
            return np.zeros((0, self.dimension), np.float32)
        return np.stack([self._rows[key] for key in keys])

    def _read(self, folder: Path) -> None:
        for file in sorted(folder.glob("*.npz")):
            try:
                with file.open("rb") as stream, np.load(stream, allow_pickle=False) as part:
                    keys, rows = part["keys"], part["rows"]
                usable = rows.dtype == np.float32 and rows.shape == (len(keys), self.dimension) and keys.shape[1] == 16
            except (OSError, TypeError, ValueError, KeyError, IndexError, EOFError, BadZipFile):
                usable, keys, rows = False, np.zeros((0, 16), np.uint8), np.zeros((0, self.dimension), np.float32)
            if not usable:
                say(f"The cache file {str(file)!r} cannot be read; its texts are encoded again.")
                continue
            self._rows.update((key.tobytes(), row) for key, row in zip(keys, rows, strict=True))

    def _write(self, folder: Path, keys: Sequence[bytes], rows: Floats) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        name = hashlib.sha256(b"".join(keys)).hexdigest()[:24]
        draft = folder / f".{name}.{os.getpid()}.part"
        try:
            with draft.open("wb") as stream:
                np.savez(stream, keys=np.frombuffer(b"".join(keys), np.uint8).reshape(-1, 16), rows=rows)
            draft.replace(folder / f"{name}.npz")
        finally:
            draft.unlink(missing_ok=True)


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]
