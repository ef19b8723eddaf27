"""Files of lines, compressed and hashed while they are written, and cut where a broken pull is gone on with.

What to add here: what is done to lines, whatever they say.
What belongs elsewhere: which lines a pull keeps (`landing.py`), where its files lie (`lake`).
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

import zstandard

BATCH = 8_000  # lines that are looked at at once
LUMP = 1 << 20  # bytes of lines that are compressed at once: meanwhile other threads run, and coming back costs a wait for them


class LineWriter:
    """Lines into a zstd file, with the file's own hash."""

    def __init__(self, path: Path, keep: int = 0) -> None:
        """A new file, or one that goes on behind its first `keep` bytes."""
        self._digest = hashlib.sha256()
        self._size = keep
        if keep:
            with path.open("rb+") as file:
                file.truncate(keep)
                while chunk := file.read(1 << 20):
                    self._digest.update(chunk)
        self._file = path.open("ab" if keep else "wb")
        self._waiting: list[bytes | memoryview] = []
        self._waits = 0  # bytes
        self._stream = self._frame()

    def _frame(self) -> zstandard.ZstdCompressionWriter:
        return zstandard.ZstdCompressor(level=3).stream_writer(self, closefd=False)  # type: ignore[arg-type]

    def put(self, lines: bytes | memoryview) -> None:
        """Add lines, each with its end."""
        self._waiting.append(lines)
        self._waits += len(lines)
        if self._waits >= LUMP:
            self._compress()

    def _compress(self) -> None:
        """Pass on what waits."""
        waiting, self._waiting, self._waits = self._waiting, [], 0
        if waiting:
            self._stream.write(b"".join(waiting))

    def settle(self) -> tuple[int, str]:
        """Size and hash of what is safe on disk now: all lines so far, in whole frames."""
        self._compress()
        self._stream.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._stream = self._frame()
        return self._size, self.sha256

    def close(self) -> None:
        """Finish the file."""
        self._compress()
        self._stream.close()
        self._file.close()

    def write(self, chunk: bytes) -> int:
        """Compressed bytes on their way to the file."""
        self._digest.update(chunk)
        self._size += len(chunk)
        return self._file.write(chunk)

    @property
    def sha256(self) -> str:
        """Hash of what has been written."""
        return self._digest.hexdigest()


def sha256_of(path: Path) -> str:
    """Hash of a file; "" if there is none."""
    if not path.exists():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def unpacked(file: IO[bytes]) -> Iterator[bytes]:
    """Lines of a zstd file."""
    with zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True, closefd=False) as stream:
        for line in io.BufferedReader(stream, 1 << 20):  # type: ignore[type-var]
            yield line.rstrip(b"\n")


def batches(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Lines by the batch."""
    batch: list[bytes] = []
    for line in lines:
        batch.append(line)
        if len(batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
