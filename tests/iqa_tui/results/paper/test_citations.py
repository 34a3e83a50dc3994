from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from iqa_tui.results.paper.citations import CITATIONS, UNCITED, bibtex, citation_words, dataset_name

DATASETS = Path(__file__).parents[4] / "training" / "datasets"
"""Read, not imported: that would load torch."""
MODULES = {"koniq-10k": "koniq10k", "kadid-10k": "kadid10k", "agiqa-3k": "agiqa3k", "uhd-iqa": "uhdiqa"}


def readers() -> set[str]:
    """The data sets that the trainer knows by name."""
    for node in ast.parse((DATASETS / "table.py").read_text()).body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "READERS":
            assert isinstance(node.value, ast.Dict)
            return {ast.literal_eval(key) for key in node.value.keys if key is not None}
    raise AssertionError("training/datasets/table.py has no READERS")


def test_each_data_set_of_the_trainer_has_a_citation_or_says_why_not() -> None:
    assert {*CITATIONS, *UNCITED} == {*readers(), "csv"}


@pytest.mark.parametrize("dataset", sorted(set(CITATIONS) - {"biq2021"}))
def test_a_citation_agrees_with_what_the_trainer_says_of_its_source(dataset: str) -> None:
    module = ast.parse((DATASETS / f"{MODULES.get(dataset, dataset)}.py").read_text())
    source = " ".join(str(ast.get_docstring(module)).partition("Source: ")[2].split())
    cited = CITATIONS[dataset]
    assert source.startswith(cited.authors.split(",")[0])
    assert str(cited.year) in source
    (title,) = re.findall('“(.*?),?”|"(.*?),?"', source)
    assert "".join(title).lower() == cited.title.lower()


def test_a_citation_is_one_line_for_people_and_one_entry_for_bibtex() -> None:
    assert citation_words("koniq-10k").startswith(
        "Vlad Hosu, Hanhe Lin, Tamas Sziranyi and Dietmar Saupe: KonIQ-10k: An"
    )
    assert citation_words("koniq-10k").endswith("IEEE Transactions on Image Processing, 29, 4041–4056, 2020.")
    assert bibtex("bid").startswith("@article{ciancio2011no,\n  author = {Ciancio, Alexandre and da Costa, Andr{\\'e}")
    assert len({cited.key for cited in CITATIONS.values()}) == len(CITATIONS)


def test_a_data_set_that_is_not_known_is_named_and_cited_by_the_user() -> None:
    assert dataset_name("mine") == "mine"
    assert "cite where it comes from" in citation_words("mine")
    assert bibtex("mine") == bibtex("demo") == ""
