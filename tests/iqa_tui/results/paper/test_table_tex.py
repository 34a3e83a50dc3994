from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from iqa_tui.results.paper.content import Content
from iqa_tui.results.paper.numbers_tex import macros, numbers_tex
from iqa_tui.results.paper.table_tex import label_of, table_tex
from tests.fakes.papers import EVIL, made_content


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Content:
    return made_content(tmp_path_factory.mktemp("runs"))


def with_evil(content: Content) -> Content:
    """Every text that a file gave is one that LaTeX would obey."""
    rows = tuple(replace(row, row=replace(row.row, label=EVIL), id=f"{row.id} {EVIL}") for row in content.rows)
    return replace(content, rows=rows, table=replace(content.table, title=EVIL, code_note=EVIL, group=EVIL))


def test_the_caption_says_test_how_many_images_which_seeds_which_protocol_and_what_the_interval_is(
    content: Content,
) -> None:
    caption = re.findall(r"\\caption\{(.*)\}", table_tex(content))[0]
    for words in (
        "on the test split",
        "n = 120 test images of KonIQ-10k",
        "the best epoch is chosen on the validation split",
        r"mean $\pm$ SD over the seeds 1, 2, 3",
        r"95\% interval, from 200 resamples of the test images and from the seeds",
        "after Holm's correction over the 4 differences",
    ):
        assert words in caption


def test_a_difference_that_is_shown_has_a_star_and_no_other_has(tmp_path: Path) -> None:
    srccs = {"F1": (0.93, 0.931, 0.929), "F2": (0.93, 0.929, 0.9305), "F5": (0.60, 0.61, 0.59)}
    lines = table_tex(made_content(tmp_path, srccs=srccs)).splitlines()
    starred = [line for line in lines if "$^{*}$" in line]
    assert len(starred) == 1
    assert "(F5)" in starred[0]


def test_one_seed_is_said(tmp_path: Path) -> None:
    content = made_content(tmp_path, srccs={"F1": [0.93], "F2": [0.92]}, seeds=(1,))
    assert "One seed: training noise is not in the intervals." in table_tex(content)
    assert "seed 1." in table_tex(content)


def test_demo_data_is_said_and_has_no_interval(tmp_path: Path) -> None:
    table = table_tex(made_content(tmp_path, srccs={"F1": (0.9, 0.91), "F2": (0.8, 0.81)}, demo=True))
    assert "not human opinions" in table
    assert "{[}95" not in table


def test_a_label_for_ref_has_letters_digits_and_hyphens_alone() -> None:
    assert label_of("koniq-losses epochs=1 lr=1e-4") == "koniq-losses-epochs-1-lr-1e-4"
    assert label_of("画") == "results"


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
@pytest.mark.parametrize("kind", ["usual", "evil"])
def test_pdflatex_compiles_the_table_and_every_macro(content: Content, kind: str, tmp_path: Path) -> None:
    shown = with_evil(content) if kind == "evil" else content
    found = subprocess.run(["kpsewhich", "booktabs.sty"], capture_output=True, text=True, check=False)
    if not found.stdout.strip():
        pytest.skip("booktabs is not installed")
    (tmp_path / "table.tex").write_text(table_tex(shown))
    (tmp_path / "numbers.tex").write_text(numbers_tex(shown))
    used = "\n\n".join(rf"\{each.name} $\{each.name}$" for each in macros(shown))
    (tmp_path / "paper.tex").write_text(
        "\\documentclass{article}\\usepackage{booktabs}\\input{numbers}\n"
        f"\\begin{{document}}\\input{{table}}\nTable~\\ref{{tab:{label_of(shown.table.group)}}}\n{used}\\end{{document}}\n"
    )
    done = subprocess.run(
        ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "paper.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert "root:" not in done.stdout
