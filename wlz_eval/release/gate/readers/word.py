"""Read a Word document: every part of the archive, comments, hidden text, alternative texts and properties too."""

from __future__ import annotations

import hashlib
import html
import io
import re
import zipfile

from wlz_eval.release.gate.material import Material

__all__ = ["read_word"]

_PARAGRAPH_ENDS = re.compile(r"</(?:w:p|w:tc|w:tr|a:p|dc:\w+|dcterms:\w+|cp:\w+|vt:\w+)>|<w:(?:br|tab|cr)\b[^>]*>")
_TAG = re.compile(r"<[^>]*>")
_ATTRIBUTE = re.compile(r"[\w:]+=\"([^\"]*)\"|[\w:]+='([^']*)'")
#: Attribute values that are layout: hexadecimal marks of editing, lengths, namespaces, names of styles.
_LAYOUT = re.compile(r"[0-9A-Fa-f]{8}|-?\d+(?:\.\d+)?[a-z%]{0,4}|http://(?:schemas|purl|www\.w3)\S*|[a-z]\w*")
_EXTERNAL = re.compile(r"<Relationship\b[^>]*TargetMode=\"External\"[^>]*>")
#: Parts that may hold a program, another file, or what its program last did.
_NOT_ALLOWED = re.compile(r"vbaProject|embeddings/|activeX/|oleObject|afchunk|printerSettings")
#: The little picture of an empty page that the library's own template carries.
_OF_TEMPLATE = "96367138dc44ce09bf2c8f0f8e49348a1478d2c5c0af69bbc2bbc38b63cdcead"
#: When a document was made: a day of no child.
_MADE = re.compile(r"<dcterms:(created|modified)\b[^>]*>[\dTZ:.+-]*</dcterms:\1>")


def read_word(content: bytes, name: str) -> Material:
    """Read a .docx file.

    Parameters
    ----------
    content : bytes
        The file.
    name : str
        Its path within the folder.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = {info.filename: archive.read(info) for info in archive.infolist()}
            twice = len(parts) != len(archive.infolist())
            said = archive.comment.decode("utf-8", "replace") + "".join(
                info.comment.decode("utf-8", "replace") for info in archive.infolist()
            )
            whole = archive.start_dir >= 0 and content[:4] == b"PK\x03\x04" and _ends_clean(content, archive)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError):
        return Material(name=name, kind="document", troubles=("is not a Word document that can be read",))
    troubles = [] if whole and not twice else ["holds data outside the document"]
    words, prose, images = [said], [said], []
    for part, raw in sorted(parts.items()):
        words.append(part)
        if part.endswith((".xml", ".rels")):
            text, attributes = _xml(raw.decode("utf-8", "replace"))
            words += [text, attributes]
            prose += [text, attributes]
        elif part.endswith(".png"):
            images.append(raw)
        elif hashlib.sha256(raw).hexdigest() != _OF_TEMPLATE:
            troubles.append("holds a part that is neither text nor a PNG picture")
        if _NOT_ALLOWED.search(part):
            troubles.append("holds a program, an embedded file or data of another program")
        if part.endswith(".rels") and any("/hyperlink" not in r for r in _EXTERNAL.findall(raw.decode("utf-8"))):
            troubles.append("fetches something from outside the page")
    text = " |\n".join(words)
    return Material(
        name=name, kind="document", text=text, prose=" |\n".join(prose), words=text, unmarked=text,
        images=tuple(images), troubles=tuple(dict.fromkeys(troubles)),
    )


def _xml(source: str) -> tuple[str, str]:
    """Return the text of a part, one line a paragraph, and the values of attributes that are no layout."""
    source = _MADE.sub("", source)
    text = html.unescape(_TAG.sub("", _PARAGRAPH_ENDS.sub("\n", source)))
    comments = " ".join(re.findall(r"<!--(.*?)-->", source, re.DOTALL))
    values = (html.unescape(a or b) for a, b in _ATTRIBUTE.findall(source))
    said = dict.fromkeys(value for value in values if value and not _LAYOUT.fullmatch(value))
    return f"{text}\n{comments}", " | ".join(said)


def _ends_clean(content: bytes, archive: zipfile.ZipFile) -> bool:
    """Whether nothing stands before the first entry or after the end of the archive."""
    first = min((info.header_offset for info in archive.infolist()), default=0)
    end = content.rfind(b"PK\x05\x06")
    return first == 0 and len(content) == end + 22 + len(archive.comment)
