from training.runfolder.events import read_events
from training.runfolder.exits import ExitKind
from training.runfolder.layout import RunFolder
from training.runfolder.write import EventWriter
from training.telling.recorder import Recorder, Step, shown_loss


class FakeClock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def recorder_at(tmp_path, clock) -> Recorder:
    return Recorder(EventWriter(RunFolder(tmp_path).events, attempt=1), show_bar=False, clock=clock)


def step(recorder: Recorder, done: int) -> None:
    recorder.step(Step(epoch=1, epochs=2, step=done, done=done, steps=100, loss=0.5, lr=1e-3, images_per_second=7.0))


def test_steps_are_due_four_times_a_second(tmp_path):
    clock = FakeClock()
    recorder = recorder_at(tmp_path, clock)
    written = 0
    for done in range(1, 101):
        clock.now += 0.0625
        if recorder.step_is_due():
            step(recorder, done)
            written += 1
    assert written == 25
    assert len(read_events(RunFolder(tmp_path))) == 25


def test_a_log_gets_a_line_every_five_seconds_and_at_the_end_of_an_epoch(tmp_path, capsys):
    clock = FakeClock()
    recorder = recorder_at(tmp_path, clock)
    for done in range(1, 101):
        step(recorder, done)
        clock.now += 0.25
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "epoch 1/2  step 1/100  loss 0.5000  lr 1.00e-03  7 images/s"
    assert [line.split()[3] for line in lines] == ["1/100", "21/100", "41/100", "61/100", "81/100", "100/100"]


def test_progress_is_reported_twice_a_second_and_at_its_end(tmp_path):
    clock = FakeClock()
    recorder = recorder_at(tmp_path, clock)
    for done in range(1, 11):
        recorder.progress("decoding images", done, 10)
        clock.now += 0.125
    assert [event.fields["done"] for event in read_events(RunFolder(tmp_path))] == [1, 5, 9, 10]


def test_a_loss_that_is_not_finite_is_null_in_the_events(tmp_path):
    recorder = recorder_at(tmp_path, FakeClock())
    recorder.step(Step(epoch=1, epochs=1, step=1, done=1, steps=1, loss=float("nan"), lr=1.0, images_per_second=1.0))
    assert read_events(RunFolder(tmp_path))[0].fields["loss"] is None


def test_an_end_that_the_disk_refuses_is_dropped(tmp_path, monkeypatch):
    recorder = recorder_at(tmp_path, FakeClock())

    def refuse(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(EventWriter, "write", refuse)
    recorder.ended(how=ExitKind.FAILED, epoch=1, step=2, checkpoint=None, saved=False)


def test_an_end_says_how_and_what_a_resume_goes_on_from(tmp_path):
    recorder = recorder_at(tmp_path, FakeClock())
    recorder.ended(how=ExitKind.GPU_OUT_OF_MEMORY, epoch=2, step=7, checkpoint="last", saved=True)
    (event,) = read_events(RunFolder(tmp_path))
    assert event.kind == "ended"
    assert event.fields == {"how": "gpu out of memory", "epoch": 2, "step": 7, "checkpoint": "last", "saved": True}


def test_a_loss_in_the_log_has_four_significant_digits() -> None:
    assert list(map(shown_loss, (0.5, 0.0167, 1.2345e-6, 1234.0))) == ["0.5000", "0.01670", "1.234e-06", "1234"]
