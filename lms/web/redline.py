"""What changed between two texts, word by word, as `<del>` and `<ins>`."""

import re
from difflib import SequenceMatcher

from markupsafe import Markup, escape

WORDS = re.compile(r"\s+|[^\s]+")


def redline(before: str, after: str) -> Markup:
    """`after`, with what was struck and what was added marked; equal texts come back unmarked."""
    old, new = WORDS.findall(before or ""), WORDS.findall(after or "")
    parts: list[Markup] = []
    gone, come = "", ""

    def close() -> None:
        nonlocal gone, come
        parts.append(escape((come or gone)[: -len((come or gone).lstrip()) or None]))
        if gone.strip():
            parts.append(Markup("<del>{}</del>").format(gone.strip()))
        if come.strip():
            parts.append(Markup("<ins>{}</ins>").format(come.strip()))
        # Space around the change stands outside the marks, so that no word grows a tail and no paragraph is lost.
        parts.append(escape(come[len(come.rstrip()) :] if come.strip() else gone[len(gone.rstrip()) :]))
        gone, come = "", ""

    for kind, a, b, c, d in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        before_part, after_part = "".join(old[a:b]), "".join(new[c:d])
        # A lone space between two changes belongs to both: a replaced phrase reads as one, not word by word.
        if kind == "equal" and (after_part.strip() or not (gone or come)):
            close()
            parts.append(escape(after_part))
            continue
        gone += before_part
        come += after_part
    close()
    return Markup("").join(parts)
