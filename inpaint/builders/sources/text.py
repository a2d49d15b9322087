"""Read text files as people have them: UTF-8, UTF-16, or what East Asian systems write, and XML in any of these."""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from xml.etree import ElementTree

BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
EAST_ASIAN = ("cp932", "gb18030")  # Shift-JIS and GBK with what Windows adds to them
XML_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*encoding\s*=\s*["']([\w.-]+)["']""")
XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
DECODED_TEXT = 1 << 16  # characters by which encodings are told apart


def text_encoding(data: bytes, name: str) -> str:
    """Return the encoding of text by its first bytes.  Raises ValueError, naming the file, where none fits.

    Without a mark of byte order, text that is valid UTF-8 is that; else Shift-JIS and GBK are tried, and what gives
    more of the letters that people write, kana and common ideographs, is taken.
    """
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if data.startswith(mark):
            return encoding
    if data[:200].count(0) > len(data[:200]) // 4:  # half of the bytes of Latin text in UTF-16
        return "utf-16-le" if data[1:2] == b"\0" else "utf-16-be"
    found: dict[str, str] = {}
    for encoding in ("utf-8", *EAST_ASIAN):
        try:
            found[encoding] = codecs.getincrementaldecoder(encoding)().decode(data)  # the last letter may be cut
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8":
            return encoding
    if max((_likely(text) for text in found.values()), default=0.0) <= 0:
        raise ValueError(f"{name} is not UTF-8 text, nor UTF-16, Shift-JIS or GBK: save it as UTF-8")
    return max(found, key=lambda encoding: _likely(found[encoding]))


def decoded_text(data: bytes, name: str) -> str:
    """Return bytes as text.  Raises ValueError, naming the file, where they are of no encoding that is known."""
    encoding = text_encoding(data, name)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError(f"{name} is not {encoding} text: {error.reason} at byte {error.start}") from None


def read_xml(path: Path) -> ElementTree.Element:
    """Return the root of an XML file.  Raises ValueError for what is none and for one that declares a document type."""
    data = path.read_bytes()
    declared = XML_ENCODING.match(data)
    named = declared[1].decode("ascii") if declared else ""
    if named and named.lower() not in ("utf-8", "utf8", "utf-16"):
        try:
            text = data.decode({"shift_jis": "cp932", "gbk": "gb18030", "gb2312": "gb18030"}.get(named.lower(), named))
        except (LookupError, UnicodeDecodeError) as error:
            raise ValueError(f"{path} says that its encoding is {named}, but cannot be read so: {error}") from None
    else:
        text = decoded_text(data, str(path))
    if "<!DOCTYPE" in text:
        raise ValueError(f"{path} is refused: it declares a document type, which these files never have")
    try:
        return ElementTree.fromstring(XML_DECLARATION.sub("", text, count=1))
    except ElementTree.ParseError as error:
        raise ValueError(f"{path} is not XML: {error}") from None


def _likely(text: str) -> float:
    """Return the share of letters beyond ASCII that people write, less those that come of a wrong encoding."""
    letters = [ord(letter) for letter in text[:DECODED_TEXT] if ord(letter) > 0x7F]
    good = sum(0x3040 <= code <= 0x30FF or 0x4E00 <= code <= 0x9FFF or 0x3000 <= code <= 0x301F for code in letters)
    rare = sum(0xFF61 <= code <= 0xFF9F or 0xE000 <= code <= 0xF8FF for code in letters)  # half-width kana, private use
    common = sum(0x3040 <= code <= 0x30FF for code in letters)
    return (good + 0.5 * common - 2 * rare) / max(len(letters), 1)
