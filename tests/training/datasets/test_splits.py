"""Splits by group."""

from pathlib import Path
from random import Random

from hypothesis import example, given, settings
from hypothesis import strategies as st

from training.datasets.base import Item
from training.datasets.splits import hold_out, split_anew

SHARED = {"val": ["2.jpg", "18.jpg"], "test": ["0.jpg", "6.jpg", "12.jpg", "15.jpg"]}
"""What `split_anew` has always drawn of twenty photographs."""


@settings(max_examples=60)
@example(groups=[0, 0, 0, 0, 0, 0, 1, 2], shuffle=Random(1))
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


def test_the_split_that_all_runs_share_stays_what_it_was():
    items = [Item(f"{n}.jpg", Path(f"{n}.jpg"), 1.0, None, "", f"photo{n}", "line") for n in range(20)]
    drawn = {split: [item.name for item in split_anew(items) if item.split == split] for split in ("val", "test")}
    assert drawn == SHARED
    assert split_anew(items, 0) == split_anew(items)
