"""Label files as text: a fault is named with its file and line."""

import pytest

from tests.fakes.opened_datasets import edit, opened
from tests.fakes.photographs import write_biq2021, write_csv_dataset, write_koniq
from tests.fakes.public_datasets import (
    WRITERS,
)
from training.errors import BadData


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("image,mos", "image,score", r"line 1: no column mos; the columns are image, score"),
        ("train0.jpg,5.000", "train0.jpg,nan", r"line 2: column mos holds nan"),
        ("train0.jpg,5.000", "train0.jpg,good", r"line 2: column mos holds 'good'"),
        ("train0.jpg,5.000", "train0.jpg,", r"line 2: column mos is empty"),
        ("0.5,train", "0.5,practice", r"line 2: column split holds 'practice'"),
        ("0.5,train", "-1,train", r"line 2: column mos_sd holds -1"),
        ("train1.jpg", "train0.jpg", r"line 3: image pictures/train0.jpg was named already, in .*line 2"),
        ("train1.jpg", "nowhere.jpg", r"nowhere\.jpg: no such image, named in .*line 3"),
        ("pictures/train1.jpg", "./pictures/train0.jpg", r"line 3: image ./pictures/train0.jpg was named already"),
        ("mos,mos_sd", "mos,mos", r"line 1: column mos is there twice"),
        ("train0.jpg,5.000", "train0.jpg,5,000", r"line 2: holds more cells than line 1 has columns \(train\)"),
        ("train0.jpg,5.000", "train0.jpg,1e999", r"line 2: column mos holds 1e999; a label must be a finite"),
        ("image,mos", "image;mos", r"line 1: no column mos; the columns are image, mos,mos_sd"),
        ("train0.jpg,5.000", 'train0.jpg,"4,5"', r"line 2: column mos holds '4,5', which is no number; write 4\.5"),
        (
            "train0.jpg,5.000",
            "train\0.jpg,5.000",
            r"line 2: cannot be read as CSV \(it holds '\\x00'\); save it as UTF-8",
        ),
        ("image,mos,", "image,Mos,MOS,", r"line 1: column mos is there twice"),
    ],
)
def test_a_bad_label_file_is_refused_with_file_and_line(tmp_path, old, new, words):
    labels = write_csv_dataset(tmp_path)
    edit(labels, old, new)
    with pytest.raises(BadData, match=words) as refused:
        opened("csv", labels)
    assert str(tmp_path) in str(refused.value)


@pytest.mark.parametrize(
    ("content", "words"), [("", "line 1: no column image; it is empty"), ("image,mos\n", "holds no images")]
)
def test_a_label_file_without_images_is_refused(tmp_path, content, words):
    (tmp_path / "labels.csv").write_text(content)
    with pytest.raises(BadData, match=words):
        opened("csv", tmp_path / "labels.csv")


@pytest.mark.parametrize("name", ["koniq-10k", "biq2021"])
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("nan", r"line 2: column MOS holds nan"),
        ("good", r"line 2: column MOS holds 'good', which is no number"),
        ("", r"line 2: column MOS is empty"),
        ("1e6", r"line 2: the label 1e\+06 of .* is not on the scale of"),
        ("-77", r"line 2: the label -77 of .* is not on the scale of"),
        ("twice", r"line 3: image .* was named already, in .*line 2"),
        ("column", r"line 1: no column MOS; the columns are"),
        ("image", r"no such image, named in .*line 2. Check --data_path"),
    ],
)
def test_a_bad_label_of_koniq_and_biq2021_is_refused_with_file_and_line(tmp_path, name, fault, words):
    write, file, column = {
        "koniq-10k": (write_koniq, "koniq10k_distributions_sets.csv", 7),
        "biq2021": (write_biq2021, "Train (Images and MOS).csv", 1),
    }[name]
    labels = write(tmp_path) / file
    lines = labels.read_text().splitlines()
    cells = lines[1].split(",")
    if fault == "twice":
        lines.insert(1, lines[1])
    elif fault == "column":
        lines[0] = lines[0].replace("MOS", "score")
    elif fault == "image":
        next(tmp_path.rglob(cells[0])).unlink()
    else:
        lines[1] = ",".join([*cells[:column], fault, *cells[column + 1 :]])
    labels.write_text("\n".join(lines) + "\n")
    with pytest.raises(BadData, match=words):
        opened(name, tmp_path)


@pytest.mark.parametrize(
    ("name", "file", "old", "new", "words"),
    [
        ("kadid-10k", "dmos.csv", "ref_img", "reference", r"dmos\.csv, line 1: no column ref_img"),
        ("kadid-10k", "dmos.csv", "I00.png,1,", "I00.png,nan,", r"dmos\.csv, line 2: column dmos holds nan"),
        ("kadid-10k", "dmos.csv", "0.25", "-0.25", r"dmos\.csv, line 2: column var holds -0.25"),
        ("agiqa-3k", "data.csv", "mos_quality", "mos", r"data\.csv, line 1: no column mos_quality"),
        ("agiqa-3k", "data.csv", ",0.0,0.3", ",,0.3", r"data\.csv, line 2: column mos_quality is empty"),
        ("tid2013", "mos_with_names.txt", "0.00000 ", "NaN ", r"mos_with_names\.txt, line 1: column mos holds NaN"),
        ("tid2013", "mos_with_names.txt", "0.25000 ", "", r"mos_with_names\.txt, line 2: holds 'i01_02_1\.bmp'"),
        (
            "tid2013",
            "mos_std.txt",
            "0.10000\n",
            "",
            r"mos_with_names\.txt has 30 entries and .*mos_std\.txt has 29 entries",
        ),
        ("tid2008", "mos_std.txt", "0.10000", "-0.1", r"line 1: column mos_sd holds -0.1; a spread"),
        ("csiq", "csiq_label.txt", "0.000", "good", r"csiq_label\.txt, line 1: column dmos holds 'good'"),
        ("csiq", "csiq_label.txt", "1600.AWGN.1.png", "1600.AWGN.0.png", r"line 2: image 1600\.AWGN\.0\.png was named"),
    ],
)
def test_a_bad_label_in_a_text_file_is_refused_with_file_and_line(tmp_path, name, file, old, new, words):
    folder = WRITERS[name](tmp_path / name)
    edit(folder / file, old, new)
    with pytest.raises(BadData, match=words):
        opened(name, folder)
