"""`python -m training.predict` on a finished run, on its weight files, and on a published checkpoint."""

import csv
import json
import math
import os
import pickle
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from PIL import Image

from tests.fakes.photographs import write_csv_dataset, write_picture
from tests.fakes.predictions import predict, refused
from tests.fakes.published_checkpoints import filled
from tests.fakes.trainer_processes import train_here
from tests.golden.expected import read_expected
from training.datasets.base import SHRUNK
from training.errors import BadCheckpoint, NoWeights
from training.flags import parse
from training.images.decode import decode
from training.network import published
from training.network.build import build_network
from training.predict import main
from training.run.scorer import Wish, open_scorer
from training.runfolder.read import read_record
from training.runfolder.schema import Result


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
    assert open_scorer(run.path, Wish(test_patch_num=9)).config.test_crops == 9


def test_a_table_has_a_line_an_image_and_names_the_scale(capsys, run, picture):
    assert main([str(run.path), str(picture)]) == 0
    header, line = capsys.readouterr().out.splitlines()
    assert header.split(maxsplit=1) == ["score", "image (scale of csv: 1 to 5)"]
    assert line.endswith(str(picture))
    assert math.isfinite(float(line.split()[0]))


def test_an_upright_photograph_and_hidden_colours_are_scored_as_they_look(capsys, run, tmp_path):
    write_picture(tmp_path / "upright.png", width=90, height=120, noise=0.3, seed=1)
    with Image.open(tmp_path / "upright.png") as upright:
        exif = Image.Exif()
        exif[0x0112] = 6  # lies on its left side in the file
        upright.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "lying.png", exif=exif)
    shown = Image.new("RGB", (90, 120), "white")
    shown.save(tmp_path / "white.png")
    Image.new("RGBA", (90, 120), (200, 0, 0, 0)).save(tmp_path / "hidden.png")
    told = predict(capsys, run.path, *(tmp_path / f"{name}.png" for name in ("upright", "lying", "white", "hidden")))
    upright, lying, white, hidden = told["scores"]
    assert lying["score"] == pytest.approx(upright["score"], abs=1e-6)
    assert hidden["score"] == pytest.approx(white["score"], abs=1e-6)
    assert [score["was_transparent"] for score in told["scores"]] == [False, False, False, True]
    assert main([str(run.path), str(tmp_path / "hidden.png")]) == 0
    assert capsys.readouterr().out.endswith(f"# transparent pixels are shown on white: {tmp_path / 'hidden.png'}\n")


def test_pixels_of_an_unknown_range_are_refused_with_their_mode(capsys, run, tmp_path):
    Image.new("F", (90, 90), 0.5).save(tmp_path / "float.tif")
    code, line = refused(capsys, run.path, tmp_path / "float.tif")
    assert code == 1
    assert "float.tif: cannot be read as an image (its pixels are floating-point numbers, mode F" in line


def test_flags_are_refused_in_a_process_without_torch():
    program = (
        "import sys; from training.predict import main\n"
        "try: main(['run'])\n"
        "except SystemExit as left: assert 'torch' not in sys.modules; sys.exit(left.code)"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1].startswith("error: ")


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("https://example.org/a.jpg", "https://example.org/a.jpg: is a web address; download the image"),
        ("{folder}/empty", "{folder}/empty: is a folder without images; --recursive looks into the folders below it"),
        ("{folder}/*.webp", "{folder}/*.webp: no such image"),
        ("{folder}/nowhere.jpg", "{folder}/nowhere.jpg: no such image"),
        ("{folder}/text.jpg", "{folder}/text.jpg: cannot be read as an image"),
    ],
)
def test_what_is_no_image_is_named_and_the_others_are_scored(capsys, run, picture, tmp_path, image, words):
    (tmp_path / "text.jpg").write_text("no picture")
    (tmp_path / "empty").mkdir()
    image = image.format(folder=tmp_path)
    code = main([str(run.path), image, str(picture)])
    told = capsys.readouterr()
    assert code == 1
    assert told.err.startswith("error: " + words.format(folder=tmp_path))
    assert [line.split()[-1] for line in told.out.splitlines()[1:]] == [str(picture)]
    assert main([str(run.path), image, str(picture), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert [score["image"] for score in told["scores"]] == [str(picture)]
    assert list(told["errors"]) == [image]


def test_an_image_that_cannot_be_read_is_named(capsys, run, tmp_path):
    (tmp_path / "text.jpg").write_text("no picture")
    code, line = refused(capsys, run.path, tmp_path / "text.jpg")
    assert code == 1
    assert line.startswith(f"error: {tmp_path / 'text.jpg'}: cannot be read as an image")
    assert "nowhere.jpg" in refused(capsys, run.path, tmp_path / "nowhere.jpg")[1]


def test_a_folder_without_a_finished_epoch_and_a_wrong_file_are_refused(capsys, run, tmp_path, picture):
    code, line = refused(capsys, tmp_path, picture)
    assert code == 4
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
    path = tmp_path_factory.mktemp("published") / "best_model.pkl"
    torch.save(filled(read_expected("state_dict_keys.json")["tiny-single"]), path)
    return path


def test_a_published_checkpoint_scores_images_as_it_stands(capsys, published_checkpoint, tmp_path):
    write_picture(tmp_path / "photo.jpg", width=224, height=224, noise=0.2, seed=1)
    told = predict(capsys, published_checkpoint, tmp_path / "photo.jpg", "--test_patch_num", "1")
    scorer = open_scorer(published_checkpoint)
    assert told["scale"] == [0.0, 100.0]
    assert scorer.dataset.from_training(43.5) == pytest.approx(43.5)
    assert math.isfinite(told["scores"][0]["score"])
    assert told["scores"][0]["attention"] is None


def test_a_published_checkpoint_sees_images_squeezed_as_the_published_code_does(capsys, published_checkpoint, tmp_path):
    scorer = open_scorer(published_checkpoint, Wish(test_patch_num=1))
    item = SimpleNamespace(path=tmp_path / "wide.jpg", where="here")
    write_picture(item.path, width=640, height=320, noise=0.2, seed=1)
    assert decode(scorer.dataset, item, 224).pixels.shape == (512, 384, 3)
    assert main([str(published_checkpoint), str(item.path), "--test_patch_num", "1"]) == 0
    assert capsys.readouterr().out.splitlines()[0].startswith("# images are brought to 512 high and 384 wide")


class Code:
    """What a pickle can hide: reading it runs a command."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.system, (f"touch {self.mark}",)


def test_a_file_that_would_run_code_is_refused_and_not_run(tmp_path, capsys, picture):
    for name in ("weights.pkl", "weights.pt"):
        path, mark = tmp_path / name, tmp_path / f"{name} was run"
        content = {"swin.backbone.x": Code(f"'{mark}'")}
        path.write_bytes(pickle.dumps(content, protocol=2)) if name.endswith("pkl") else torch.save(content, path)
        with pytest.raises(NoWeights, match="holds objects beside tensors"):
            build_network(parse(["--dataset", "demo", "--weights", str(path)]))
        with pytest.raises(NoWeights):
            published.load(path)
        code, line = refused(capsys, path, picture)
        assert (code, "holds objects beside tensors (posix.system)" in line) == (4, True)
        assert not mark.exists()


def test_a_published_checkpoint_can_be_what_a_run_begins_with(published_checkpoint):
    flags = ["--dataset", "demo", "--weights", str(published_checkpoint), "--epochs", "0", "--no_multiscale"]
    network = build_network(parse(flags))
    assert network.began_with_top == 100
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
    scorer = open_scorer(published_checkpoint, Wish(test_patch_num=1))
    scorer = replace(scorer, dataset=replace(scorer.dataset, sizing=SHRUNK))  # the size of a csv data set
    with run.score_file("csv", "test").open() as file:
        for row, image in zip(csv.DictReader(file), images, strict=True):
            expected = low + scorer.score(image).score / 100 * (high - low)
            assert float(row["pred"]) == pytest.approx(expected, abs=1e-3)
