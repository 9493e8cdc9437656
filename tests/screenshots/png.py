"""A picture in fewer bytes: the colours of a page are few enough for a palette, once near ones are one."""

import struct
import zlib
from collections import Counter
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST = 256  # colours of a palette
COARSE = (1, 2, 4, 8, 16, 32)  # steps of a channel, finest first


def smaller(png: bytes) -> bytes:
    """Return an RGB picture with a palette, with as many shades as fit."""
    chunks = dict(joined(png))
    width, height, _, kind = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    pixels = unfiltered(zlib.decompress(chunks[b"IDAT"]), width, height, 4 if kind == 6 else 3)
    palette, indices = reduced(pixels)
    rows = b"".join(b"\0" + indices[row * width : (row + 1) * width] for row in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = ((b"IHDR", head), (b"PLTE", palette), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return SIGNATURE + b"".join(map(chunk, parts))


def joined(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield each kind of chunk once, with all its bytes."""
    found: dict[bytes, bytes] = {}
    at = len(SIGNATURE)
    while at < len(png):
        (size,) = struct.unpack_from(">I", png, at)
        kind = png[at + 4 : at + 8]
        found[kind] = found.get(kind, b"") + png[at + 8 : at + 8 + size]
        at += 12 + size
    yield from found.items()


def chunk(part: tuple[bytes, bytes]) -> bytes:
    kind, content = part
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def unfiltered(raw: bytes, width: int, height: int, channels: int) -> list[bytes]:
    """Return the pixels as three bytes each (PNG 1.2, 6: the filters)."""
    stride, above, pixels = width * channels, bytearray(width * channels), []
    for row in range(height):
        start = row * (stride + 1)
        above = unfilter(raw[start], bytearray(raw[start + 1 : start + 1 + stride]), above, channels)
        pixels += [bytes(above[n : n + 3]) for n in range(0, stride, channels)]
    return pixels


def unfilter(kind: int, line: bytearray, above: bytearray, wide: int) -> bytearray:
    """Undo the filter of one row."""
    for n in range(len(line)):
        left = line[n - wide] if n >= wide else 0
        corner = above[n - wide] if n >= wide else 0
        line[n] = (line[n] + (0, left, above[n], (left + above[n]) // 2, paeth(left, above[n], corner))[kind]) & 255
    return line


def paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))


def reduced(pixels: list[bytes]) -> tuple[bytes, bytes]:
    """Return a palette and each pixel's place in it; the most frequent of near colours stands for them all."""
    counts = Counter(pixels)
    for step in COARSE:
        best: dict[tuple[int, ...], bytes] = {}
        for colour, _ in counts.most_common():
            best.setdefault(tuple(value // step for value in colour), colour)
        if len(best) <= MOST:
            break
    places = {colour: n for n, colour in enumerate(best.values())}
    of = {colour: places[best[tuple(value // step for value in colour)]] for colour in counts}
    return b"".join(places), bytes(of[pixel] for pixel in pixels)
