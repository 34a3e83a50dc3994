import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.photographs import write_biq2021, write_csv_dataset, write_koniq, write_rows
from tests.golden.expected import koniq_labels
from training.config import TrainConfig
from training.datasets import Dataset, open_dataset
from training.datasets.base import SPLITS, Item, Sizing, read_image
from training.datasets.koniq10k import SD_SCALE, WITH_SETS, open_koniq10k
from training.datasets.splits import hold_out, split_anew
from training.errors import BadData, Stopped
from training.flags import parse
from training.images.batches import SplitImages, crops_to_score, prefetched, train_batches
from training.images.cache import open_images
from training.images.transforms import plan_crops


def opened(name: str, path: object = None, *flags: str) -> Dataset:
    where = ["--data_path", str(path)] if path is not None else []
    return open_dataset(parse(["--dataset", name, *where, *flags]))


def decoded(dataset: Dataset, side: int = 32):
    return open_images(dataset, side, threads=2, on_progress=lambda done, total: None, should_stop=lambda: False)


def counts(dataset: Dataset) -> dict[str, int]:
    return {split: len(dataset.split(split)) for split in SPLITS}


def edit(path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_koniq_has_its_official_split_and_one_scale_for_mos_and_sd(tmp_path):
    dataset = opened("koniq-10k", write_koniq(tmp_path))
    assert counts(dataset) == {"train": 4, "val": 2, "test": 2}
    first = dataset.items[0]
    assert first.mos == 80
    assert dataset.to_training(first.mos) == pytest.approx(0.8)
    assert dataset.sd_to_training(first.mos_sd) == pytest.approx(0.5 * 27.8 / 100)
    assert dataset.from_training(dataset.to_training(37.5)) == pytest.approx(37.5)


def test_koniq_is_brought_to_384_high_and_512_wide(tmp_path):
    store = decoded(opened("koniq-10k", write_koniq(tmp_path)))
    assert store[0].shape == (384, 512, 3)


def test_koniqs_real_labels_are_read_with_all_10073_images(tmp_path):
    rows = koniq_labels()
    write_rows(tmp_path / WITH_SETS, tuple(rows[0]), [tuple(row.values()) for row in rows])
    dataset = open_koniq10k(tmp_path)
    assert counts(dataset) == {"train": 7058, "val": 1000, "test": 2015}
    sds = [dataset.sd_to_training(item.mos_sd) for item in dataset.items]
    assert np.mean(sds) == pytest.approx(0.16, abs=0.005)
    mos = [item.mos for item in dataset.items]
    assert 0 < min(mos) < 10
    assert 85 < max(mos) < 100
    answers = [(sum(n * float(row[f"c{n}"]) for n in range(1, 6)), float(row["MOS"])) for row in rows]
    slope = np.polyfit(*zip(*answers, strict=True), 1)[0]
    assert slope == pytest.approx(SD_SCALE, abs=0.5)  # SD is on the scale of the answers, MOS is not


def test_koniqs_other_label_file_is_read_by_zscore_and_says_that_it_has_no_split(tmp_path):
    write_koniq(tmp_path, train=20)
    (tmp_path / "koniq10k_distributions_sets.csv").unlink()
    rows = [(f"training{number}.jpg", 3.1, 0.5, 20 + number) for number in range(20)]
    write_rows(tmp_path / "koniq10k_scores_and_distributions.csv", ("image_name", "MOS", "SD", "MOS_zscore"), rows)
    dataset = opened("koniq-10k", tmp_path)
    assert counts(dataset) == {"train": 14, "val": 2, "test": 4}
    assert {item.mos for item in dataset.items} == {float(20 + number) for number in range(20)}
    assert "no official split" in dataset.notes[0]


def test_biq2021_holds_validation_out_of_training_in_the_same_way_for_every_run(tmp_path):
    write_biq2021(tmp_path)
    first, second = opened("biq2021", tmp_path), opened("biq2021", tmp_path, "--seed", "7")
    assert counts(first) == {"train": 17, "val": 3, "test": 4}
    assert first.items == second.items


def test_a_users_csv_has_its_own_range_split_and_spread(tmp_path):
    dataset = opened("csv", write_csv_dataset(tmp_path))
    assert counts(dataset) == {"train": 10, "val": 4, "test": 4}
    assert dataset.mos_range == (1.0, 5.0)
    assert dataset.sd_to_training(dataset.items[0].mos_sd) == pytest.approx(0.125)


def test_without_a_split_column_groups_stay_together(tmp_path):
    labels = write_csv_dataset(tmp_path, train=30, val=0, test=0)
    rows = [(f"pictures/train{number}.jpg", number / 10, f"photo{number // 3}") for number in range(30)]
    dataset = opened("csv", write_rows(labels, ("image", "mos", "group"), rows))
    assert counts(dataset) == {"train": 21, "val": 3, "test": 6}
    splits_of_group = {
        group: {i.split for i in dataset.items if i.group == group} for group in {i.group for i in dataset.items}
    }
    assert all(len(splits) == 1 for splits in splits_of_group.values())


def test_a_group_in_two_splits_is_refused(tmp_path):
    labels = write_csv_dataset(tmp_path)
    rows = [("pictures/train0.jpg", 1, "train", "a"), ("pictures/test0.jpg", 2, "test", "a")]
    with pytest.raises(BadData, match="line 3: group a is in the split test, and in train"):
        opened("csv", write_rows(labels, ("image", "mos", "split", "group"), rows))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("image,mos", "image,score", r"line 1: no column mos; the columns are image, score"),
        ("train0.jpg,5.000", "train0.jpg,nan", r"line 2: column mos holds nan"),
        ("train0.jpg,5.000", "train0.jpg,good", r"line 2: column mos holds 'good'"),
        ("train0.jpg,5.000", "train0.jpg,", r"line 2: column mos is empty"),
        ("0.5,train", "0.5,practice", r"line 2: column split holds 'practice'"),
        ("0.5,train", "-1,train", r"line 2: column mos_sd holds -1"),
        ("train1.jpg", "train0.jpg", r"line 3: image pictures/train0.jpg was named before, in .*line 2"),
        ("train1.jpg", "nowhere.jpg", r"nowhere\.jpg: no such image, named in .*line 3"),
        ("pictures/train1.jpg", "./pictures/train0.jpg", r"line 3: image ./pictures/train0.jpg was named before"),
        ("mos,mos_sd", "mos,mos", r"line 1: column mos stands there twice"),
        ("train0.jpg,5.000", "train0.jpg,5,000", r"line 2: holds more cells than line 1 has columns \(train\)"),
        ("train0.jpg,5.000", "train0.jpg,1e999", r"line 2: column mos holds 1e999; a label must be a finite"),
        ("image,mos", "image;mos", r"line 1: no column image; the columns are image;mos"),
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


def test_a_file_for_a_folder_and_a_folder_for_a_file_are_told_apart(tmp_path):
    labels = write_csv_dataset(tmp_path)
    with pytest.raises(BadData, match=r"is a folder; --dataset csv takes the CSV file itself"):
        opened("csv", tmp_path)
    with pytest.raises(BadData, match=r"labels\.csv: is a file; --data_path takes the folder of tid2013"):
        opened("tid2013", labels)


@pytest.mark.parametrize("name", ["koniq-10k", "biq2021"])
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("nan", r"line 2: column MOS holds nan"),
        ("good", r"line 2: column MOS holds 'good', which is no number"),
        ("", r"line 2: column MOS is empty"),
        ("1e6", r"line 2: the label 1e\+06 of .* is not on the scale of"),
        ("-77", r"line 2: the label -77 of .* is not on the scale of"),
        ("twice", r"line 3: image .* was named before, in .*line 2"),
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


@settings(max_examples=60)
@given(st.lists(st.integers(0, 12), min_size=1, max_size=60), st.randoms(use_true_random=False))
def test_images_of_one_group_never_lie_in_two_splits_whatever_their_sizes_and_order(groups, shuffle):
    items = [
        Item(f"{number}.jpg", Path(f"{number}.jpg"), 1.0, None, "", f"photo{group}", "line")
        for number, group in enumerate(groups)
    ]
    split = {item.name: item for item in split_anew(items)}
    assert set(split) == {item.name for item in items}
    for group in {item.group for item in items}:
        assert len({item.split for item in split.values() if item.group == group}) == 1
    shuffle.shuffle(items)
    assert {item.name: item for item in split_anew(items)} == split
    if len(set(groups)) >= 3:
        assert {item.split for item in split.values()} == {"train", "val", "test"}
    held = {item.name: item.split for item in hold_out(list(split.values()), "train", "val", 0.2)}
    assert all(held[name] == item.split for name, item in split.items() if item.split != "train")


def test_missing_images_are_counted_and_the_first_is_named(tmp_path):
    folder = write_koniq(tmp_path)
    for path in (folder / "1024x768").iterdir():
        path.unlink()
    with pytest.raises(BadData, match=r"1024x768/training0\.jpg: no such image.*8 of 8 images are missing"):
        opened("koniq-10k", folder)


def test_an_absent_data_set_is_told_with_the_flag(tmp_path):
    for name in ("koniq-10k", "biq2021", "csv"):
        with pytest.raises(BadData, match="--data_path"):
            opened(name, tmp_path / "nowhere")


def test_a_set_that_koniq_does_not_have_is_refused(tmp_path):
    edit(write_koniq(tmp_path) / "koniq10k_distributions_sets.csv", "0.5,training", "0.5,practice")
    with pytest.raises(BadData, match="line 2: column set holds 'practice'"):
        opened("koniq-10k", tmp_path)


def test_labels_that_are_all_equal_are_refused(tmp_path):
    labels = write_csv_dataset(tmp_path, train=2, val=1, test=1)
    rows = [("pictures/train0.jpg", 3, "train"), ("pictures/val0.jpg", 3, "val"), ("pictures/test0.jpg", 3, "test")]
    with pytest.raises(BadData, match="every label is 3"):
        opened("csv", write_rows(labels, ("image", "mos", "split"), rows))


def test_a_damaged_image_is_named_with_its_line_and_leaves_no_cache(tmp_path):
    dataset = opened("csv", write_csv_dataset(tmp_path))
    (tmp_path / "pictures" / "train3.jpg").write_bytes(b"\xff\xd8 not much of a picture")
    with pytest.raises(BadData, match=r"train3\.jpg: cannot be read as an image.*line 5"):
        decoded(dataset)
    assert [path.name for path in TrainConfig.cache_folder().iterdir() if not path.name.endswith(".lock")] == []


def test_a_limit_takes_the_same_images_for_every_run_and_not_the_first(tmp_path):
    write_biq2021(tmp_path)
    first = opened("biq2021", tmp_path, "--limit_train_images", "5", "--limit_test_images", "2")
    again = opened("biq2021", tmp_path, "--limit_train_images", "5", "--limit_test_images", "2", "--seed", "9")
    assert counts(first) == {"train": 5, "val": 2, "test": 2}
    assert first.items == again.items
    everything = opened("biq2021", tmp_path)
    assert [item.name for item in first.split("train")] != [item.name for item in everything.split("train")[:5]]


def test_the_demo_is_the_same_every_time_and_no_photograph_is_in_two_splits():
    dataset = opened("demo")
    assert dataset.demo
    photos = {split: {item.group for item in dataset.split(split)} for split in SPLITS}
    assert not photos["train"] & photos["test"]
    assert not photos["val"] & (photos["train"] | photos["test"])
    levels = Counter(item.mos for item in dataset.split("train"))
    assert set(levels) == {0.0, 1.0, 2.0, 3.0, 4.0, 5.0}
    assert max(levels.values()) - min(levels.values()) <= len(dataset.split("train")) // 20
    few = opened("demo", None, "--limit_train_images", "6", "--limit_test_images", "2")
    np.testing.assert_array_equal(decoded(few).pixels, decoded(replace(few, name="demo2")).pixels)


def test_a_worse_level_is_further_from_the_photograph():
    from training.datasets.demo import DISTORTIONS, distort, make_image
    from training.seed import stream

    item = next(item for item in opened("demo").items if item.recipe[1] == 0)
    clean = make_image(item)
    for distortion in DISTORTIONS:
        errors = [
            np.square(
                np.asarray(distort(clean, distortion, level, stream(0, "test")), dtype=float) - np.asarray(clean)
            ).mean()
            for level in range(1, 6)
        ]
        assert errors == sorted(errors), distortion


def test_skimage_is_not_imported_for_the_demo():
    program = (
        "import sys; from training.datasets.demo import open_demo; open_demo(); assert 'skimage' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_images_are_decoded_once_and_shared(tmp_path):
    dataset = opened("csv", write_csv_dataset(tmp_path))
    told = []
    first = open_images(
        dataset, 32, threads=2, on_progress=lambda done, total: told.append((done, total)), should_stop=lambda: False
    )
    assert told[-1] == (18, 18)
    broken = replace(dataset, decode=lambda item: pytest.fail("decoded again"))
    second = open_images(broken, 32, threads=2, on_progress=lambda *_: None, should_stop=lambda: False)
    np.testing.assert_array_equal(first.pixels, second.pixels)


def test_runs_that_start_at_once_decode_each_image_once(tmp_path):
    dataset = opened("csv", write_csv_dataset(tmp_path))
    seen = Counter()

    def counted(item):
        seen[item.name] += 1
        return read_image(item)

    with ThreadPoolExecutor(4) as runs:
        stores = list(runs.map(decoded, [replace(dataset, decode=counted)] * 4))
    assert set(seen.values()) == {1}
    assert all(np.array_equal(store.pixels, stores[0].pixels) for store in stores)


def test_a_changed_image_is_decoded_anew(tmp_path):
    from tests.fakes.photographs import write_picture

    dataset = opened("csv", write_csv_dataset(tmp_path))
    before = decoded(dataset)[0].copy()
    write_picture(tmp_path / "pictures" / "train0.jpg", width=72, height=72, noise=1.0, seed=99)
    assert not np.array_equal(decoded(dataset)[0], before)


def test_a_stop_while_decoding_leaves_no_half_cache(tmp_path):
    dataset = opened("csv", write_csv_dataset(tmp_path))
    with pytest.raises(Stopped):
        open_images(dataset, 32, threads=1, on_progress=lambda *_: None, should_stop=lambda: True)
    assert len(decoded(dataset)) == 18


def test_sizes_keep_the_shape_and_leave_room_for_a_crop():
    assert Sizing().size_for(300, 400, 224) == (300, 400)
    assert Sizing().size_for(100, 200, 224) == (224, 448)
    assert Sizing(largest_short_side=384).size_for(768, 1024, 224) == (384, 512)
    assert Sizing(exact=(384, 512)).size_for(10, 900, 224) == (384, 512)
    assert Sizing(exact=(384, 512)).size_for(10, 900, 448) == (448, 597)


def split_images(tmp_path) -> SplitImages:
    dataset = opened("csv", write_csv_dataset(tmp_path))
    return SplitImages(dataset, decoded(dataset), "train")


CROPS = [
    "--dataset",
    "demo",
    "--patch_size",
    "32",
    "--batch_size",
    "8",
    "--train_patch_num",
    "3",
    "--test_patch_num",
    "3",
]


@pytest.mark.parametrize("protocol", ["clean", "published"])
@pytest.mark.parametrize("test_crops", [[], ["--test_random_crop"]])
def test_two_losses_with_one_seed_see_the_same_bytes(tmp_path, protocol, test_crops):
    images = split_images(tmp_path)

    def stream_of(loss: str) -> list[bytes]:
        workers = "1" if loss == "l1" else "3"
        config = parse([*CROPS, *test_crops, "--protocol", protocol, "--loss_type", loss, "--num_workers", workers])
        plan = plan_crops(len(images), config.train_patch_num, seed=config.seed, epoch=1)
        return [
            part.numpy().tobytes()
            for batch in train_batches(images, plan, config)
            for part in (batch.crops, batch.mos, batch.flips, batch.jitters)
        ] + [crops.numpy().tobytes() for _, crops in crops_to_score(images, config, 8)]

    assert stream_of("l1") == stream_of("srcc")


def test_an_epoch_can_be_taken_up_at_any_step_and_ends_with_a_smaller_batch(tmp_path):
    images, config = split_images(tmp_path), parse(CROPS)
    plan = plan_crops(len(images), config.train_patch_num, seed=1, epoch=1)
    whole = list(train_batches(images, plan, config))
    assert [len(batch.mos) for batch in whole] == [8, 8, 8, 6]
    rest = list(train_batches(images, plan, config, first_step=2))
    assert all(torch.equal(one.crops, other.crops) for one, other in zip(whole[2:], rest, strict=True))


def test_scoring_batches_hold_crops_of_several_images(tmp_path):
    images, config = split_images(tmp_path), parse(CROPS)
    batches = list(crops_to_score(images, config, 8))
    assert [len(numbers) for numbers, _ in batches] == [8, 8, 8, 6]
    assert np.concatenate([numbers for numbers, _ in batches]).tolist() == [n for n in range(10) for _ in range(3)]


def test_batches_made_ahead_are_the_same_and_their_errors_arrive():
    assert list(prefetched(iter(range(20)), 3)) == list(range(20))

    def broken():
        yield 1
        raise BadData("gone")

    with pytest.raises(BadData, match="gone"):
        list(prefetched(broken(), 3))
