"""A folder that is held stays the same one, whatever becomes of its name."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.golden.make import a_spec
from training.runfolder.held import held, held_folder, hold
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_spec
from training.runfolder.schema import StopRequest, UnreadableFile
from training.runfolder.write import write_record

REQUEST = StopRequest(by="ann", when=1.0)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    made = RunFolder(tmp_path / "runs" / "a")
    made.path.mkdir(parents=True)
    write_record(made.spec, a_spec("a"))
    return made


def test_what_is_written_goes_into_the_folder_that_is_held_though_another_has_its_name_by_now(run: RunFolder) -> None:
    with held(run) as folder:
        run.path.rename(run.runs_dir / "moved")
        run.path.mkdir()
        write_record(folder.stop, REQUEST)
        assert folder.run_id == "a"
        assert read_spec(folder).run_id == "a"
    assert RunFolder(run.runs_dir / "moved").stop.exists()
    assert list(run.path.iterdir()) == []


def test_a_folder_that_was_deleted_is_not_made_anew(run: RunFolder) -> None:
    with held(run) as folder:
        shutil.rmtree(run.path)
        for path in (folder.stop, folder.attempt(1).exit):
            with pytest.raises(FileNotFoundError):
                write_record(path, REQUEST)
    assert list(run.runs_dir.iterdir()) == []


def test_a_link_or_a_file_in_the_place_of_a_run_is_refused_and_links_above_are_followed(run: RunFolder) -> None:
    (run.runs_dir / "link").symlink_to(run.path)
    (run.runs_dir / "file").touch()
    for name, kind in (("link", "a symbolic link"), ("file", "a file")):
        with pytest.raises(NotADirectoryError, match=f"is {kind}, not a folder: '{run.runs_dir / name}'"):
            hold(RunFolder(run.runs_dir / name))
    with pytest.raises(FileNotFoundError, match=f"'{run.runs_dir / 'absent'}'"):
        hold(RunFolder(run.runs_dir / "absent"))
    above = run.runs_dir.parent / "link-to-runs"
    above.symlink_to(run.runs_dir)
    with held(RunFolder(above / "a")) as folder:
        assert folder.path.samefile(run.path)
        with held(folder) as again:
            assert (again.run_id, again.path.stat().st_ino) == ("a", run.path.stat().st_ino)


def test_a_link_in_a_run_is_refused(run: RunFolder) -> None:
    run.attempts_dir.symlink_to(run.runs_dir)
    with (
        held(run) as folder,
        pytest.raises(NotADirectoryError, match="is a symbolic link"),
        held_folder(folder.attempts_dir),
    ):
        raise AssertionError("it was opened")


def test_what_is_raised_names_the_real_path(run: RunFolder) -> None:
    run.spec.unlink()
    with pytest.raises(UnreadableFile, match=f"^{run.path}/spec.json: "), held(run) as folder:
        read_spec(folder)
    with pytest.raises(FileNotFoundError) as missing, held(run) as folder:
        folder.stop.stat()
    assert missing.value.filename == str(run.stop)


def test_no_descriptor_is_left(run: RunFolder) -> None:
    before = list(Path("/proc/self/fd").iterdir())
    with held(run):
        pass
    assert len(list(Path("/proc/self/fd").iterdir())) == len(before)
