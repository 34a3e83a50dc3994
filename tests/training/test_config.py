"""The frozen settings of a run."""

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
