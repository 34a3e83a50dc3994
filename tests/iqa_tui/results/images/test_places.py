"""The file of a test image is found as the trainer finds it, and nothing outside the data set's folder is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from iqa_tui.results.images.places import NotShown, data_folders, find_image, find_test_image, place_of
from tests.fakes import public_datasets as made
from tests.fakes.opened_datasets import opened
from tests.fakes.photographs import write_biq2021, write_csv_dataset, write_koniq


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("koniq-10k", write_koniq),
        ("spaq", made.write_spaq),
        ("kadid-10k", made.write_kadid),
        ("agiqa-3k", made.write_agiqa),
        ("livec", made.write_livec),
        ("tid2013", made.write_tid2013),
        ("tid2008", made.write_tid2008),
        ("pipal", made.write_pipal),
        ("uhd-iqa", made.write_uhdiqa),
        ("flive", made.write_flive),
        ("live", made.write_live),
        ("csiq", made.write_csiq),
        ("csiq", made.write_official_csiq),
        ("bid", made.write_bid),
        ("biq2021", write_biq2021),
        ("csv", write_csv_dataset),
    ],
)
def test_every_image_is_found_where_the_trainer_finds_it(
    tmp_path: Path, name: str, write: Callable[[Path], Path]
) -> None:
    path = write(tmp_path / "data")
    items = opened(name, path).items
    folders = data_folders(name, [(str(path), "")])
    assert len(items) > 3
    found = {item.name: find_image(item.name, name, folders) for item in items}
    assert found == {item.name: item.path.resolve() for item in items}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    images = tmp_path / "data" / "Images"
    images.mkdir(parents=True)
    (images / "a.jpg").write_bytes(b"an image")
    (tmp_path / "secret.jpg").write_bytes(b"a secret")
    return tmp_path / "data"


@pytest.mark.parametrize(
    "name", ["../../secret.jpg", "/etc/passwd", "a/../../../secret.jpg", "..\\..\\secret.jpg", "C:\\secret.jpg", ""]
)
def test_a_name_that_leads_out_of_the_folder_is_refused(data: Path, name: str) -> None:
    with pytest.raises(NotShown, match="leads out of the data set's folder"):
        find_image(name, "biq2021", [data])


@pytest.mark.parametrize("name", ["a\0.jpg", "x" * 5000])
def test_a_name_that_no_file_can_have_is_refused(data: Path, name: str) -> None:
    with pytest.raises(NotShown, match="is no name that a file can have"):
        find_image(name, "biq2021", [data])


def test_a_link_that_leads_out_is_not_followed_and_one_that_stays_is(data: Path) -> None:
    (data / "Images" / "out.jpg").symlink_to(data.parent / "secret.jpg")
    (data / "Images" / "same.jpg").symlink_to("a.jpg")
    with pytest.raises(NotShown, match=r"out\.jpg is a link that leads out of the data set's folder"):
        find_image("out.jpg", "biq2021", [data])
    assert find_image("same.jpg", "biq2021", [data]) == (data / "Images" / "a.jpg").resolve()


def test_a_folder_that_is_a_link_out_is_not_followed(data: Path) -> None:
    outside = data.parent / "outside"
    outside.mkdir()
    (outside / "b.jpg").touch()
    (data / "more").symlink_to(outside)
    with pytest.raises(NotShown, match="leads out"):
        find_image("more/b.jpg", "csv", [data])


def test_a_link_that_leads_nowhere_is_no_image(data: Path) -> None:
    (data / "Images" / "gone.jpg").symlink_to("nowhere.jpg")
    with pytest.raises(NotShown, match="not on this machine"):
        find_image("gone.jpg", "biq2021", [data])


def test_a_name_in_another_spelling_is_found_if_it_is_the_only_one(data: Path) -> None:
    assert find_image("A.JPG", "biq2021", [data]) == (data / "Images" / "a.jpg").resolve()
    (data / "Images" / "A.jpG").touch()
    with pytest.raises(NotShown):
        find_image("A.JPG", "biq2021", [data])


def test_a_missing_image_names_the_path_that_was_tried(data: Path) -> None:
    with pytest.raises(NotShown) as told:
        find_image("b\x1b.jpg", "koniq-10k", [data])
    assert str(told.value) == (
        rf"The image is not on this machine. Looked for {data}/1024x768/b\x1b.jpg, and in 3 other folders."
    )


def test_the_demo_has_no_files(data: Path) -> None:
    with pytest.raises(NotShown, match="makes its images while it runs"):
        find_image("a.jpg", "demo", [data])


def test_without_any_folder_it_says_what_to_set() -> None:
    with pytest.raises(NotShown, match="set IQA_TUI_DATA"):
        find_image("a.jpg", "csv", [])


def test_folders_are_those_of_the_runs_then_those_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IQA_TUI_DATA", "/sets")
    told = [("/one", "/here"), ("two", "/here"), ("", "/here")]
    assert data_folders("bid", told) == tuple(map(Path, ("/one", "/here/two", "/sets/bid")))
    assert data_folders("csv", [("/one/labels.csv", "")]) == (Path("/one"),)
    monkeypatch.delenv("IQA_TUI_DATA")
    assert data_folders("bid", [("", "/here")]) == (Path("/here/data/bid"),)
    assert data_folders("bid", [("~no-user-of-this-name/x", "/here")]) == (Path("/here/~no-user-of-this-name/x"),)


def test_an_image_of_a_mixed_run_is_looked_for_in_its_own_data_set(tmp_path: Path) -> None:
    for name in ("koniq", "kadid"):
        (tmp_path / name / "images").mkdir(parents=True)
        (tmp_path / name / "images" / "1.png").write_bytes(b"")
    folders = {"spaq-like": (tmp_path / "koniq",), "kadid-10k": (tmp_path / "kadid",)}
    found = find_test_image("kadid-10k/1.png", "spaq-like+kadid-10k", folders)
    assert found == tmp_path / "kadid" / "images" / "1.png"
    with pytest.raises(NotShown, match="The folder of the data set is not known"):
        find_test_image("live/1.png", "live+kadid-10k", folders)
    assert place_of("live", "/all", is_one_of_several=True) == "/all/live"
    assert place_of("live", "live=/a:csv=/b", is_one_of_several=False) == "/a"
    assert place_of("bid", "live=/a:csv=/b", is_one_of_several=True) == ""
