"""Folders, patterns and lists become image files, in order."""

import os
from pathlib import Path

import pytest

from training.predicting.images import Failure, asked_images, image_file, is_known_in_advance


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """A folder with images, a text file, a hidden file, and a folder below it; the current folder is its parent."""
    for name in ("b.JPG", "a.png", "notes.txt", "._a.png", "below/c.webp", "below/deep/d.jpeg"):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path / "photos"


def asked(*names, is_recursive=False, lines=()):
    return list(asked_images(names, is_recursive=is_recursive, lines=lines))


def test_a_folder_gives_its_images_and_no_other_or_hidden_file(photos):
    assert asked("photos") == ["photos/a.png", "photos/b.JPG"]
    below = ["photos/below/c.webp", "photos/below/deep/d.jpeg"]
    assert asked("photos", is_recursive=True) == ["photos/a.png", "photos/b.JPG", *below]


def test_a_pattern_gives_what_fits_it_unless_a_file_is_called_so(photos):
    assert asked("photos/*.png") == ["photos/a.png"]
    assert asked("photos/**/*.jpeg") == ["photos/below/deep/d.jpeg"]
    assert asked("./photos/*.txt") == ["./photos/notes.txt"]
    (photos / "[ab].png").write_bytes(b"")
    assert asked("photos/[ab].png") == ["photos/[ab].png"]
    assert asked("photos/*.gif") == ["photos/*.gif"]


def test_a_list_on_standard_input_gives_its_lines_and_takes_no_line_for_a_pattern(photos):
    lines = [b"photos/*.png\n", b"\n", b"photos\r\n", b"caf\xe9.png"]
    expected = ["photos/*.png", "photos/a.png", "photos/b.JPG", os.fsdecode(b"caf\xe9.png"), "last.png"]
    assert asked("-", "last.png", lines=lines) == expected
    assert is_known_in_advance(["a.png"])
    assert not is_known_in_advance(["a.png", "-"])


def test_lines_are_read_no_faster_than_images_are_asked_for():
    read = []

    def lines():
        for line in (b"a.png\n", b"b.png\n"):
            read.append(line)
            yield line

    images = asked_images(["-"], is_recursive=False, lines=lines())
    assert next(images) == "a.png"
    assert read == [b"a.png\n"]


def test_a_folder_without_images_is_a_failure_in_its_place(photos):
    words = "empty: is a folder without images"
    assert asked("empty", "photos/a.png") == [
        Failure("empty", f"{words}; --recursive looks into the folders below it"),
        "photos/a.png",
    ]
    assert asked("empty", is_recursive=True) == [Failure("empty", words)]


def test_a_folder_that_cannot_be_listed_is_a_failure(photos, monkeypatch):
    def refuse(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    assert asked("photos") == [Failure("photos", "photos: cannot be listed (Permission denied)")]


def test_a_link_to_a_folder_is_not_followed_so_no_walk_is_endless(photos):
    (photos / "below" / "deep" / "up").symlink_to(photos)
    assert len(asked("photos", is_recursive=True)) == 4


def test_an_image_file_is_a_path(photos):
    assert image_file("photos/a.png") == Path("photos/a.png")
