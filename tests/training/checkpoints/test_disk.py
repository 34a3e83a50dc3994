"""The words for a file that cannot be written."""

import pytest

from training.checkpoints.disk import needed_for_the_result, why_not_written
from training.errors import CannotWrite
from training.runfolder.layout import RunFolder

NO_ROOM = OSError(28, "No space left on device")


def test_the_words_name_the_file_its_size_and_the_room_there_is(tmp_path):
    words = why_not_written(tmp_path / "not yet" / "last.pt", NO_ROOM, 1_070_000_000)
    assert words.startswith(
        f"{tmp_path}/not yet/last.pt cannot be written (No space left on device; it needs 1.07 GB, "
    )
    assert words.endswith(" are free)")


def test_a_file_that_the_result_needs_ends_the_run_and_says_what_a_resume_finds(tmp_path):
    run = RunFolder(tmp_path)

    def refused() -> str:
        with pytest.raises(CannotWrite) as ended, needed_for_the_result(run, run.result):
            raise NO_ROOM
        return str(ended.value)

    assert refused().endswith("make room, then --resume begins anew, as there is no checkpoint")
    run.checkpoints.mkdir()
    run.previous_checkpoint.touch()
    assert refused().endswith("make room, then --resume goes on from the last checkpoint")
