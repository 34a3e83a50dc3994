from __future__ import annotations

from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from iqa_tui.results.paper.content import Content
from iqa_tui.results.paper.report import report_html
from iqa_tui.results.paper.shown import figures_of
from tests.fakes.papers import EVIL, made_content

EMPTY = {"meta", "img", "source", "link", "br", "hr"}
LINKS = {
    name: (f"data:light-{name}", f"data:dark-{name}") for name in ("differences", "validation", "predictions", "cost")
}


class Page(HTMLParser):
    """Elements, attributes and text; fails for tags that are not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes.append((tag, dict(attrs)))
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.attributes if name == tag]


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Content:
    return made_content(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def page(content: Content) -> Page:
    return Page(report_html(content, figures_of(content), LINKS, ""))


def test_it_has_the_table_findings_curves_images_and_how_it_was_made(page: Page, content: Content) -> None:
    for words in (
        "on the test split: n = 120 test images of KonIQ-10k",
        content.findings.recommendation.why,
        "Which loss gives the highest SRCC?",
        "Validation SRCC by epoch (mean over the seeds, band of ± SD)",
        "What the network is most wrong about",
        "What the network is least wrong about",
        "iqa-tui paper koniq-losses --output paper",
        "Vlad Hosu",
        *(run.run_id for run in content.runs),
        *(f"{content.estimate(row, 'srcc').value:.4f}" for row in content.rows),
    ):
        assert words in page.text


def test_it_needs_no_network_and_no_script(page: Page) -> None:
    assert not page.tags["script"] + page.tags["link"] + page.tags["iframe"]
    sources = [
        source for each in page.all("img") + page.all("source") for source in (each.get("src"), each.get("srcset"))
    ]
    assert {source.partition(":")[0] for source in sources if source} == {"data"}
    (policy,) = (each["content"] for each in page.all("meta") if each.get("http-equiv"))
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert "@import" not in page.text
    assert "url(" not in page.text


def test_it_can_be_read_by_a_screen_reader(page: Page) -> None:
    assert page.tags["h1"] == page.tags["main"] == 1
    assert page.all("html") == [{"lang": "en"}]
    assert page.tags["caption"] == page.tags["table"] > 10
    assert {each.get("scope") for each in page.all("th")} == {"col", "row"}
    assert all(each.get("alt") for each in page.all("img"))
    assert "F2 +0.0" in str(page.all("img")[0]["alt"]) or "F2 −0.0" in str(page.all("img")[0]["alt"])
    targets = {each["id"] for _, each in page.attributes if each.get("id")}
    assert all(str(each["href"])[1:] in targets for each in page.all("a"))
    levels = [int(tag[1]) for tag, _ in page.attributes if tag in ("h1", "h2", "h3")]
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))


def test_it_follows_the_light_or_dark_of_the_reader_and_fits_a_phone(page: Page) -> None:
    assert "prefers-color-scheme: dark" in page.text
    assert {each["media"] for each in page.all("source")} == {"(prefers-color-scheme: dark)"}
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in page.all("meta")


def test_a_text_from_a_file_stays_text(content: Content) -> None:
    rows = tuple(
        replace(
            row,
            id=f"{row.id} {EVIL}",
            row=replace(row.row, label=EVIL, notes=EVIL, status=EVIL),
            images=replace(row.images, images=tuple(replace(image, name=EVIL) for image in row.images.images[:3])),
        )
        for row in content.rows
    )
    findings = replace(content.findings, recommendation=replace(content.findings.recommendation, why=EVIL))
    evil = replace(content, rows=rows, findings=findings, table=replace(content.table, title=EVIL, code_note=EVIL))
    text = report_html(evil, figures_of(evil), LINKS, "")
    page = Page(text)
    assert not page.tags["script"]
    assert page.text.count("<script>alert(1)</script>") > 20
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_without_figures_it_says_so_and_tells_their_numbers(content: Content) -> None:
    page = Page(report_html(content, figures_of(content), {}, "Figures need matplotlib: pip install 'iqa-tui[paper]'."))
    assert "pip install 'iqa-tui[paper]'" in page.text
    assert page.tags["img"] == 0
    assert "F1 1.7 h, 0." in page.text
