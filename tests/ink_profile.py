"""Tiny profiles of a printer and of a wide screen, made by hand."""

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
    return _profile(tables, b"prtr", b"CMYK", b"Lab ")


def wide_profile() -> bytes:
    """An ICC version 2 screen profile with the primaries of Display P3 and a gamma of 2.2."""
    primaries = {  # XYZ under D50
        b"rXYZ": (0.51512, 0.2412, -0.00105),
        b"gXYZ": (0.29198, 0.69225, 0.04189),
        b"bXYZ": (0.1571, 0.06657, 0.78407),
        b"wtpt": (0.9642, 1.0, 0.8249),
    }
    tables = {
        name: b"XYZ " + bytes(4) + struct.pack(">3i", *(round(65536 * it) for it in values))
        for name, values in primaries.items()
    }
    gamma = b"curv" + bytes(4) + struct.pack(">IHH", 1, round(2.2 * 256), 0)
    return _profile({**tables, b"rTRC": gamma, b"gTRC": gamma, b"bTRC": gamma}, b"mntr", b"RGB ", b"XYZ ")


def _profile(tables: dict[bytes, bytes], kind: bytes, colours: bytes, connection: bytes) -> bytes:
    start, index, body = 128 + 4 + 12 * len(tables), b"", b""
    for name, table in tables.items():
        index += struct.pack(">4sII", name, start + len(body), len(table))
        body += table
    header = struct.pack(">I4sI4s4s4s", start + len(body), b"", 0x02400000, kind, colours, connection)
    header += struct.pack(">6H4s", 2020, 1, 1, 0, 0, 0, b"acsp") + bytes(28)
    header += struct.pack(">3i", 63190, 65536, 54061)  # D50
    return header.ljust(128, b"\0") + struct.pack(">I", len(tables)) + index + body


def _table(inputs: int, outputs: int, corners: bytes) -> bytes:
    ramp = bytes(range(256))
    identity = struct.pack(">9i", *(65536 * (place % 4 == 0) for place in range(9)))
    table = b"mft1" + bytes(4) + bytes([inputs, outputs, 2, 0]) + identity + ramp * inputs + corners + ramp * outputs
    return table + bytes(-len(table) % 4)
