from __future__ import annotations

import re
from pathlib import Path

import pytest

from iqa_tui.results.paper.content import Content
from iqa_tui.results.paper.numbers_tex import macros, numbers_tex
from iqa_tui.results.paper.table_tex import table_tex
from tests.fakes.papers import made_content, read_content
from tests.fakes.runs import finish_run, queue_experiment


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Content:
    return made_content(tmp_path_factory.mktemp("runs"))


def test_each_number_of_the_table_is_that_of_its_macro(content: Content) -> None:
    values = {each.name: each.value for each in macros(content)}
    table = table_tex(content)
    for row in ("Fone", "Ftwo", "Fthree", "Ffour", "Ffive"):
        for metric in ("Srcc", "Plcc"):
            mean, sd = values[f"Iqa{row}{metric}"], values[f"Iqa{row}{metric}Sd"]
            assert re.search(rf"(?:{mean}|\\textbf{{{mean}}}) \$\\pm\$ {sd}", table)
    for row in ("Ftwo", "Fthree", "Ffour", "Ffive"):
        low, high = values[f"Iqa{row}SrccDeltaLow"], values[f"Iqa{row}SrccDeltaHigh"]
        assert f"{{[}}{low}, {high}{{]}}" in table
        assert values[f"Iqa{row}SrccDelta"] in table


def test_the_numbers_are_those_of_the_findings(content: Content) -> None:
    values = {each.name: each.value for each in macros(content)}
    estimate = content.findings.estimate("F3", "srcc")
    difference = content.findings.difference("F5", "srcc")
    assert estimate is not None
    assert difference is not None
    assert values["IqaFthreeSrcc"] == f"{estimate.value:.4f}"
    assert values["IqaFfiveSrccDelta"] == rf"\ensuremath{{-}}{abs(difference.value or 0):.4f}"
    assert values["IqaFfiveSrccDeltaP"].startswith(r"\ensuremath{p ")
    assert values["IqaImages"] == "120"


def test_each_macro_is_defined_once_by_a_name_of_letters(content: Content) -> None:
    names = re.findall(r"^\\newcommand\{\\(.*?)\}", numbers_tex(content), re.MULTILINE)
    assert len(names) > 80
    assert len(set(names)) == len(names)
    assert all(name.isalpha() and name.isascii() for name in names)


def test_a_number_that_is_not_known_has_no_macro(tmp_path: Path) -> None:
    finish_run(queue_experiment(tmp_path, "F3"), 0.9312, 0.9411)
    names = {each.name for each in macros(read_content(tmp_path))}
    assert "IqaFthreeSrcc" in names
    assert not names & {"IqaFthreeSrccSd", "IqaFthreeSrccLow", "IqaFthreeKrcc", "IqaFtwoSrcc"}


def test_a_score_on_another_data_set_has_a_macro(tmp_path: Path) -> None:
    metrics = {"test": {"srcc": 0.9, "plcc": 0.9}, "val": {"srcc": 0.9}, "kadid-10k": {"srcc": 0.8125}}
    content = made_content(tmp_path, srccs={"F1": (0.9, 0.91)}, seeds=(1, 2), metrics=metrics)
    values = {each.name: each.value for each in macros(content)}
    assert (values["IqaFoneKadidOnezerokSrcc"], values["IqaFoneKadidOnezerokSrccSd"]) == ("0.8125", "0.0000")


def test_a_recorded_row_keeps_its_name_when_a_launched_one_gets_a_result(tmp_path: Path, content: Content) -> None:
    finish_run(queue_experiment(tmp_path, "F3"), 0.9312, 0.9411)
    for each in (content, read_content(tmp_path)):
        values = {macro.name: macro.value for macro in macros(each)}
        assert values["IqaFoneRecordedSrcc"] == "0.9354"
