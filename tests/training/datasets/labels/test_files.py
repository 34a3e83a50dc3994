"""The state of many files at once."""

from training.datasets.labels.files import states_of


def test_the_states_of_many_files_come_in_their_order(tmp_path):
    paths = [tmp_path / f"{number}" for number in range(600)]
    for number, path in enumerate(paths):
        path.write_bytes(bytes(number))
    paths[300].unlink()
    states = states_of([str(path) for path in paths])
    assert [None if state is None else state.st_size for state in states] == [
        None if number == 300 else number for number in range(600)
    ]
