"""A tiny printer profile, made by hand."""

from __future__ import annotations

import struct


def ink_profile(*, back: bool = False) -> bytes:
    """An ICC version 2 printer profile of two grid points: paper is white, any ink at all is Lab (0, 0, 0).

    back: whether it also turns colours into inks, which is black of the missing lightness.
    """
    corners = bytes([255, 128, 128]) + bytes([0, 128, 128]) * 15  # 8-bit Lab of the 2^4 corners of CMYK
    tables = {b"A2B0": _table(4, 3, corners)}
    if back:
        tables[b"B2A0"] = _table(3, 4, bytes([0, 0, 0, 255]) * 4 + bytes([0, 0, 0, 0]) * 4)
    start, index, body = 128 + 4 + 12 * len(tables), b"", b""
    for name, table in tables.items():
        index += struct.pack(">4sII", name, start + len(body), len(table))
        body += table
    header = struct.pack(">I4sI4s4s4s", start + len(body), b"", 0x02400000, b"prtr", b"CMYK", b"Lab ")
    header += struct.pack(">6H4s", 2020, 1, 1, 0, 0, 0, b"acsp") + bytes(28)
    header += struct.pack(">3i", 63190, 65536, 54061)  # D50
    return header.ljust(128, b"\0") + struct.pack(">I", len(tables)) + index + body


def _table(inputs: int, outputs: int, corners: bytes) -> bytes:
    ramp = bytes(range(256))
    identity = struct.pack(">9i", *(65536 * (place % 4 == 0) for place in range(9)))
    table = b"mft1" + bytes(4) + bytes([inputs, outputs, 2, 0]) + identity + ramp * inputs + corners + ramp * outputs
    return table + bytes(-len(table) % 4)
