"""The frozen settings of a run."""

import pytest
import timm

from tests.fakes.trainer_processes import F2
from training.flags import parse


def test_a_data_folder_follows_the_data_set_and_the_environment(monkeypatch):
    assert str(parse(F2).data_folder) == "data/koniq-10k"
    monkeypatch.setenv("IQA_TUI_DATA", "/sets")
    assert str(parse(F2).data_folder) == "/sets/koniq-10k"
    assert str(parse([*F2, "--data_path", "mine"]).data_folder) == "mine"


def test_a_resumed_run_may_change_where_but_not_what():
    first = parse(F2).as_dict()
    assert parse([*F2, "--num_workers", "1", "--data_path", "elsewhere"]).what_differs(first) == []
    assert parse([*F2, "--seed", "1", "--lr", "1e-6"]).what_differs(first) == ["lr", "seed"]


def test_a_run_from_before_there_were_split_seeds_had_the_split_that_all_share():
    first = parse(F2).as_dict()
    del first["split_seed"]
    assert parse(F2).what_differs(first) == []
    assert parse([*F2, "--split_seed", "1"]).what_differs(first) == ["split_seed"]


@pytest.mark.parametrize("size", ["tiny", "small", "base"])
def test_every_swin_size_has_one_kind_of_pretraining(size):
    name = parse(["--dataset", "demo", "--model_size", size]).backbone_name
    assert name == f"swin_{size}_patch4_window7_224.ms_in22k_ft_in1k"
    assert name in timm.list_pretrained()
