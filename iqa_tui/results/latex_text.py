"""Any text as LaTeX that plain pdflatex compiles: no package, no font beyond its own, whatever stands in a label.

What has a name in LaTeX is called by it, accents are put together, and what has none becomes a question mark, which a
reader sees; a sign that stops the compiler would cost the whole document.
"""

from __future__ import annotations

import unicodedata
from itertools import pairwise

UNKNOWN = "?"

LIGATURES = frozenset([("-", "-"), ("`", "`"), ("'", "'"), ("?", "`"), ("!", "`"), (",", ",")])
"""What TeX's fonts would make one sign of, such as a dash of a flag's two hyphens."""

_OBEYED = {sign: f"\\{sign}" for sign in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "[": "{[}",  # after \\ or \midrule it would begin an argument
    "]": "{]}",
    "*": "{*}",  # \\* is another command than \\
}
_LETTERS = {
    "ß": r"\ss{}",
    "ẞ": "SS",
    "æ": r"\ae{}",
    "Æ": r"\AE{}",
    "œ": r"\oe{}",
    "Œ": r"\OE{}",
    "ø": r"\o{}",
    "Ø": r"\O{}",
    "ł": r"\l{}",
    "Ł": r"\L{}",
    "ı": r"\i{}",
}
_ACCENTS = {
    "\u0300": "`",
    "\u0301": "'",
    "\u0302": "^",
    "\u0303": "~",
    "\u0304": "=",
    "\u0306": "u",
    "\u0307": ".",
    "\u0308": '"',
    "\u030a": "r",
    "\u030b": "H",
    "\u030c": "v",
    "\u0323": "d",
    "\u0327": "c",
    "\u0331": "b",
}
"""Combining mark to the command that puts it over or under a letter. An ogonek would need another font encoding."""
_PUNCTUATION = {
    "\xa0": "~",
    "\u202f": r"\,",
    "\u2009": r"\,",
    "–": "--",
    "—": "---",
    "‐": "-",
    "‑": "-",
    "…": r"\dots{}",
    "‘": "`",
    "’": "'",
    "“": "``",
    "”": "''",
    "„": ",,",
    "‚": ",",
    "«": r"$\ll$",
    "»": r"$\gg$",
    "†": r"$\dagger$",
    "‡": r"$\ddagger$",
    "§": r"\S{}",
    "¶": r"\P{}",
    "©": r"\copyright{}",
    "£": r"\pounds{}",
    "¡": "!`",
    "¿": "?`",
    "•": r"$\bullet$",
    "·": r"$\cdot$",
    "′": r"$'$",
    "″": r"$''$",
    "°": r"$^{\circ}$",
    "€": "EUR",
    "⁄": "/",
}
_MATHS = {
    "−": "-",
    "±": r"\pm",
    "∓": r"\mp",
    "×": r"\times",
    "÷": r"\div",
    "¬": r"\neg",
    "≤": r"\leq",
    "≥": r"\geq",
    "≪": r"\ll",
    "≫": r"\gg",
    "≠": r"\neq",
    "≈": r"\approx",
    "≡": r"\equiv",
    "≃": r"\simeq",
    "≅": r"\cong",
    "∼": r"\sim",
    "∝": r"\propto",
    "∞": r"\infty",
    "∂": r"\partial",
    "∇": r"\nabla",
    "∑": r"\sum",
    "∏": r"\prod",
    "∫": r"\int",
    "√": r"\surd",
    "∈": r"\in",
    "∉": r"\notin",
    "∋": r"\ni",
    "∩": r"\cap",
    "∪": r"\cup",
    "⊂": r"\subset",
    "⊃": r"\supset",
    "⊆": r"\subseteq",
    "⊇": r"\supseteq",
    "∀": r"\forall",
    "∃": r"\exists",
    "∅": r"\emptyset",
    "∧": r"\wedge",
    "∨": r"\vee",
    "⊕": r"\oplus",
    "⊗": r"\otimes",
    "∗": r"\ast",
    "∘": r"\circ",
    "‖": r"\|",
    "∥": r"\parallel",
    "⊥": r"\perp",
    "⟨": r"\langle",
    "⟩": r"\rangle",
    "ℓ": r"\ell",
    "ℝ": r"\mathrm{R}",
    "←": r"\leftarrow",
    "→": r"\rightarrow",
    "↑": r"\uparrow",
    "↓": r"\downarrow",
    "↔": r"\leftrightarrow",
    "↦": r"\mapsto",
    "⇐": r"\Leftarrow",
    "⇒": r"\Rightarrow",
    "⇔": r"\Leftrightarrow",
    "◆": r"\diamond",
    "◇": r"\diamond",
    "★": r"\star",
    "☆": r"\star",
    "●": r"\bullet",
    "○": r"\circ",
    "△": r"\triangle",
    "µ": r"\mu",
    "ϵ": r"\epsilon",
    "ϕ": r"\phi",
    "ϑ": r"\vartheta",
    "ϱ": r"\varrho",
    "ϖ": r"\varpi",
    "ς": r"\varsigma",
    "ο": "o",
}
_GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi chi "
    "psi omega"
)
_CAPITALS = frozenset(["Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega"])
"""Those that look otherwise than a Latin letter; LaTeX knows no command for the others."""


def _greek() -> dict[str, str]:
    signs: dict[str, str] = {}
    for name in _GREEK.split():
        small = unicodedata.lookup(f"GREEK SMALL LETTER {name.upper().replace('LAMBDA', 'LAMDA')}")
        signs.setdefault(small, {"epsilon": r"\varepsilon", "phi": r"\varphi", "omicron": "o"}.get(name, f"\\{name}"))
        capital = name.capitalize()
        latin = {"Rho": "P", "Eta": "H", "Chi": "X", "Nu": "N"}.get(capital, capital[0])
        signs[small.upper()] = f"\\{capital}" if capital in _CAPITALS else rf"\mathrm{{{latin}}}"
    return signs


_SIGNS = _OBEYED | _LETTERS | _PUNCTUATION | {sign: f"${words}$" for sign, words in (_MATHS | _greek()).items()}


def latex_text(text: str) -> str:
    """One line that LaTeX sets as it reads here.

    Args:
        text: plain, as `training.runfolder.text.plain` gives it; blanks in a row become one.
    """
    letters = _letters(unicodedata.normalize("NFC", " ".join(text.split())))
    written = [_latex_letter(letter) for letter in letters]
    for place, pair in enumerate(pairwise(letters)):
        if pair in LIGATURES:
            written[place] += "{}"
    return "".join(written)


def _letters(text: str) -> list[str]:
    """Each sign with the marks that stand on it."""
    letters: list[str] = []
    for sign in text:
        if letters and unicodedata.combining(sign):
            letters[-1] += sign
        else:
            letters.append(sign)
    return letters


def _latex_letter(letter: str) -> str:
    if letter in _SIGNS:
        return _SIGNS[letter]
    if letter.isascii() and letter.isprintable():
        return letter
    below, *marks = list(unicodedata.normalize("NFD", letter))
    if marks and all(map(unicodedata.combining, marks)):
        return _accented(below, marks)
    return _compatible(letter) or UNKNOWN


def _accented(below: str, marks: list[str]) -> str:
    r"""`\'{e}` for é, `\'{\^{e}}` for ế; a mark that LaTeX has no name for is left out."""
    written = _latex_letter(below)
    for mark in marks if below.isascii() and below.isalpha() else ():
        if mark in _ACCENTS:
            written = f"\\{_ACCENTS[mark]}{{{written}}}"
    return written


def _compatible(sign: str) -> str:
    """`$^{2}$` for ², `$_{2}$` for ₂, plain letters for a ligature or a wide letter; empty if there are none."""
    kind, _, codes = unicodedata.decomposition(sign).rpartition("> ")
    signs = [chr(int(code, 16)) for code in codes.split()] if kind else []
    written = "".join(map(_latex_letter, signs))
    if UNKNOWN in written or kind not in ("<super", "<sub"):
        return "" if UNKNOWN in written else written
    place = "^" if kind == "<super" else "_"
    return f"${place}{{{written}}}$" if all(sign.isascii() and sign.isalnum() for sign in signs) else written
