"""No pdflatex here as a rule: what is pinned is that all is ASCII, and every command is one of its own."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqa_tui.results.latex_text import latex_text

USUAL = "α β γ δ ε ζ η θ ι κ λ μ ν ξ ο π ρ σ ς τ υ φ χ ψ ω Α Γ Δ Ω → ← ≤ ≥ ≠ ≈ ± × − – — … ∞ ² ₂ ½ é ß ø ł ą “x” « »"


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("[ours] L1", "{[}ours{]} L1"),
        ("* best", "{*} best"),
        (r"a\\[2cm]", r"a\textbackslash{}\textbackslash{}{[}2cm{]}"),
        ("ρ ≤ 0.9 → Δ", r"$\rho$ $\leq$ 0.9 $\rightarrow$ $\Delta$"),
        ("Ρ Λ", r"$\mathrm{P}$ $\Lambda$"),
        ("é ế å Łódź", r"\'{e} \'{\^{e}} \r{a} \L{}\'{o}d\'{z}"),
        ("e\u0301 q\u0303 ą ά", r"\'{e} \~{q} a $\alpha$"),
        ("x² H₂O ½ ﬁ", r"x$^{2}$ H$_{2}$O 1/2 fi"),
        ("損失 👍", "?? ?"),
        ("--epochs ``a''", "-{}-epochs `{}`a'{}'"),
        ("a\nb", "a b"),
    ],
)
def test_text_becomes_what_plain_pdflatex_compiles(text: str, latex: str) -> None:
    assert latex_text(text) == latex


@given(st.text())
def test_it_is_ascii_in_one_line_without_a_bare_sign_that_latex_obeys(text: str) -> None:
    latex = latex_text(text)
    assert latex.isascii()
    assert "\n" not in latex
    bare = re.sub(r"\\[A-Za-z]+|\\.|\$[^$]*\$|\{\[\}|\{\*\}", "", latex)
    assert not set(bare) & set("&%$#_^~\\[*") - ({"~"} if "\xa0" in text or "\u202f" in text else set())


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_pdflatex_compiles_all_of_it(tmp_path: Path) -> None:
    everything = " ".join(filter(str.isprintable, map(chr, range(32, 0x3000))))
    source = rf"\documentclass{{article}}\begin{{document}}\sloppy {latex_text(USUAL + everything)}\end{{document}}"
    (tmp_path / "a.tex").write_text(source)
    done = subprocess.run(
        ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "a.tex"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]


def test_the_usual_signs_of_papers_have_a_name_and_the_others_a_question_mark() -> None:
    assert "?" not in latex_text(USUAL)
    assert latex_text("".join(map(chr, range(0xE000, 0xE100)))) == "?" * 256
