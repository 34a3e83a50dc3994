"""`python -m training.predict` on a finished run, on its weight files, and on a published checkpoint."""

import csv
import json
import math
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch

from tests.fakes.photographs import write_csv_dataset, write_picture
from tests.training.processes import train_here
from training.config import parse
from training.errors import BadCheckpoint, NoWeights
from training.network.build import build_network
from training.predict import main
from training.runfolder.read import read_record
from training.runfolder.schema import Result
from training.scorer import open_scorer
from training.setup import notes_of_setup


def predict(capsys, *arguments: object) -> dict:
    assert main([*map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def refused(capsys, *arguments: object) -> tuple[int, str]:
    code = main([*map(str, arguments)])
    return code, capsys.readouterr().err.splitlines()[-1]


@pytest.fixture
def run(finished):
    return finished[0]


@pytest.fixture
def picture(finished):
    return finished[0].path.parents[1] / "data" / "pictures" / "test1.jpg"


def test_a_runs_own_pictures_get_the_scores_of_its_score_file(capsys, run, picture):
    others = [picture.with_name(f"test{number}.jpg") for number in (0, 2, 3)]
    told = predict(capsys, run.path, picture, *others)
    with run.score_file("csv", "test").open() as file:
        expected = {row["image"]: float(row["pred"]) for row in csv.DictReader(file)}
    assert (told["dataset"], told["scale"]) == ("csv", [1.0, 5.0])
    assert [score["image"] for score in told["scores"]] == [str(path) for path in (picture, *others)]
    for score in told["scores"]:
        name = "pictures/" + score["image"].rpartition("/")[2]
        assert score["score"] == pytest.approx(expected[name], abs=0.02)
        assert sum(score["attention"]) == pytest.approx(1, abs=1e-3)


def test_every_file_of_the_best_weights_gives_the_same_scores(capsys, run, picture):
    scores = {
        path: predict(capsys, path, picture)["scores"][0]["score"]
        for path in (run.path, run.best_checkpoint, run.best_weights)
    }
    assert len(set(scores.values())) == 1


def test_the_number_of_crops_can_be_chosen(run, picture):
    assert open_scorer(run.path).config.test_crops == 2
    assert open_scorer(run.path, 9).config.test_crops == 9


def test_a_table_has_a_line_an_image_and_names_the_scale(capsys, run, picture):
    assert main([str(run.path), str(picture)]) == 0
    header, line = capsys.readouterr().out.splitlines()
    assert header.split(maxsplit=1) == ["score", "image (scale of csv: 1 to 5)"]
    assert line.endswith(str(picture))
    assert math.isfinite(float(line.split()[0]))


def test_flags_are_refused_in_a_process_without_torch():
    program = (
        "import sys; from training.predict import main\n"
        "try: main(['run'])\n"
        "except SystemExit as left: assert 'torch' not in sys.modules; sys.exit(left.code)"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1].startswith("error: ")


def test_an_image_that_cannot_be_read_is_named(capsys, run, tmp_path):
    (tmp_path / "text.jpg").write_text("no picture")
    code, line = refused(capsys, run.path, tmp_path / "text.jpg")
    assert code == 4
    assert line.startswith(f"error: {tmp_path / 'text.jpg'}: cannot be read as an image")
    assert "nowhere.jpg" in refused(capsys, run.path, tmp_path / "nowhere.jpg")[1]


def test_a_folder_without_a_finished_epoch_and_a_wrong_file_are_refused(capsys, run, tmp_path, picture):
    code, line = refused(capsys, tmp_path, picture)
    assert code == 1
    assert "has not finished an epoch yet" in line
    assert "for a resume; take best.pt" in refused(capsys, run.last_checkpoint, picture)[1]
    (tmp_path / "torn.pt").write_bytes(run.best_checkpoint.read_bytes()[:4000])
    assert "is damaged" in refused(capsys, tmp_path / "torn.pt", picture)[1]
    torch.save({"some.weight": torch.zeros(2)}, tmp_path / "other.pt")
    with pytest.raises(NoWeights, match="no checkpoint of the published network"):
        open_scorer(tmp_path / "other.pt")


def test_a_checkpoint_of_another_version_is_refused(run, tmp_path):
    content = torch.load(run.best_checkpoint, weights_only=True)
    torch.save({**content, "config": {**content["config"], "newer_flag": 1}}, tmp_path / "best.pt")
    with pytest.raises(BadCheckpoint, match=r"another version of this program \(.*newer_flag"):
        open_scorer(tmp_path / "best.pt")


@pytest.fixture(scope="module")
def published_checkpoint(tmp_path_factory):
    """A published checkpoint of the smallest kind, made by the reference's rule."""
    from tests.training.conftest import read_reference
    from tests.training.network.test_network import filled

    path = tmp_path_factory.mktemp("published") / "best_model.pkl"
    torch.save(filled(read_reference("state_dict_keys.json")["tiny-single"]), path)
    return path


def test_a_published_checkpoint_scores_images_as_it_stands(capsys, published_checkpoint, tmp_path):
    write_picture(tmp_path / "photo.jpg", width=224, height=224, noise=0.2, seed=1)
    told = predict(capsys, published_checkpoint, tmp_path / "photo.jpg", "--test_patch_num", "1")
    scorer = open_scorer(published_checkpoint)
    assert told["scale"] == [0.0, 100.0]
    assert scorer.dataset.from_training(43.5) == pytest.approx(43.5)
    assert math.isfinite(told["scores"][0]["score"])
    assert told["scores"][0]["attention"] is None


def test_a_published_checkpoint_can_be_what_a_run_begins_with(published_checkpoint):
    flags = ["--dataset", "demo", "--weights", str(published_checkpoint), "--epochs", "0", "--no_multiscale"]
    network = build_network(parse(flags))
    assert network.began_as_published
    with pytest.raises(NoWeights, match="another variant than this network"):
        build_network(parse([*flags[:-1], "--attention_fusion"]))


def test_a_published_checkpoint_is_scored_on_a_data_set_without_training(published_checkpoint, tmp_path):
    labels = write_csv_dataset(tmp_path / "data", train=1, val=1, test=3)
    where = ["--dataset", "csv", "--data_path", labels]
    flags = ["--weights", published_checkpoint, "--no_multiscale", "--epochs", "0", "--protocol", "published"]
    run = train_here(tmp_path / "run", *where, *flags, "--train_test_num", "1")
    result = read_record(run.result, Result)
    assert (result.epochs, result.parameters, result.protocol) == (0, 28_979_523, "published")
    assert set(result.metrics) == {"test", "test_oracle"}
    images = [tmp_path / "data" / "pictures" / f"test{number}.jpg" for number in range(3)]
    low, high = 1.0, 5.0
    published = open_scorer(published_checkpoint, 1)
    with run.score_file("csv", "test").open() as file:
        for row, image in zip(csv.DictReader(file), images, strict=True):
            expected = low + published.score(image).score / 100 * (high - low)
            assert float(row["pred"]) == pytest.approx(expected, abs=1e-3)


def test_under_the_clean_protocol_a_published_checkpoints_scale_is_warned_of(published_checkpoint):
    setup = SimpleNamespace(
        config=parse(["--dataset", "demo", "--weights", str(published_checkpoint), "--train_test_num", "1"]),
        dataset=SimpleNamespace(notes=()),
        network=SimpleNamespace(began_as_published=True),
    )
    (note,) = notes_of_setup(setup)
    assert "scores from 0 to 100" in note
    assert "--protocol published" in note
