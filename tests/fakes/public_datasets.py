"""Small folders in the true layouts of public data sets. All images are one picture, linked under every name."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import openpyxl
from scipy import io

from tests.fakes.photographs import write_picture, write_rows


def link_pictures(folder: Path, names: list[str]) -> None:
    first, *others = names
    write_picture(folder / first, width=64, height=64, noise=0.2, seed=1)
    for name in others:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        os.link(folder / first, folder / name)


def write_sheet(path: Path, rows: list[tuple[object, ...]], sheet: str = "Sheet1") -> None:
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)


def write_mat(path: Path, **variables: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    io.savemat(path, variables)


def cells(words: list[str]) -> np.ndarray:
    """A MATLAB column of strings."""
    column = np.empty((len(words), 1), dtype=object)
    column[:, 0] = words
    return column


def write_spaq(folder: Path, count: int = 20) -> Path:
    names = [f"{number:05d}.jpg" for number in range(1, count + 1)]
    link_pictures(folder / "TestImage", names)
    header = ("Image name", "MOS", "Brightness", "Colorfulness")
    rows = [(name, 3.5 + number, 50, 50) for number, name in enumerate(names)]
    write_sheet(folder / "Annotations" / "MOS and Image attribute scores.xlsx", [header, *rows])
    return folder


def write_kadid(folder: Path, photos: int = 10, distortions: int = 3) -> Path:
    names = [(f"I{p:02d}_{d:02d}_01.png", f"I{p:02d}.png") for p in range(photos) for d in range(distortions)]
    link_pictures(folder / "images", [name for name, _ in names])
    rows = [(name, reference, f"{1 + n % 5}", "0.25") for n, (name, reference) in enumerate(names)]
    write_rows(folder / "dmos.csv", ("dist_img", "ref_img", "dmos", "var"), rows)
    return folder


def write_agiqa(folder: Path, count: int = 20, images: str = "images") -> Path:
    names = [f"sd1.5_lowcorr_{number:03d}.jpg" for number in range(count)]
    link_pictures(folder / images, names)
    header = ("name", "prompt", "adj1", "adj2", "style", "mos_quality", "std_quality", "mos_align", "std_align")
    rows = [(name, "a cat, in a hat", "", "", "", 0.2 * n, 0.3, 4.9, 0.1) for n, name in enumerate(names)]
    write_rows(folder / "data.csv", header, rows)
    return folder


def write_livec(folder: Path, count: int = 20) -> Path:
    """`count` images and the seven practice images before them, whose files lie in a folder of their own."""
    practice, names = [f"t{n}.bmp" for n in range(1, 8)], [f"{n}.bmp" for n in range(3, 3 + count)]
    link_pictures(folder / "Images", [*names, *(f"trainingImages/{name}" for name in practice)])
    every = len(practice) + count
    write_mat(folder / "Data" / "AllImages_release.mat", AllImages_release=cells([*practice, *names]))
    write_mat(folder / "Data" / "AllMOS_release.mat", AllMOS_release=np.arange(every, dtype=float)[None, :])
    write_mat(folder / "Data" / "AllStdDev_release.mat", AllStdDev_release=np.full((1, every), 18.5))
    return folder


def write_tid2013(folder: Path, pictures: int = 10, distortions: int = 3) -> Path:
    """Labels in capitals and small letters, files now in one, now in the other."""
    labels = [f"I{p:02d}_{d:02d}_1.bmp" for p in range(1, pictures + 1) for d in range(1, distortions + 1)]
    files = [name.lower() if n % 2 else name.upper() for n, name in enumerate(labels)]
    labels = [name.lower() if n % 3 else name for n, name in enumerate(labels)]
    link_pictures(folder / "distorted_images", files)
    (folder / "mos_with_names.txt").write_text("".join(f"{n / 4:.5f} {name}\r\n" for n, name in enumerate(labels)))
    (folder / "mos_std.txt").write_text("".join(f"{0.1 + n / 100:.5f}\r\n" for n in range(len(labels))))
    return folder


def write_tid2008(folder: Path) -> Path:
    """Files and labels as in TID2013's archive."""
    return write_tid2013(folder, distortions=2)


def write_pipal(folder: Path, pictures: int = 10, distortions: int = 3) -> Path:
    """A label file a picture, and the images in four folders, as the archives of the training images unpack."""
    for p in range(1, pictures + 1):
        names = [f"A{p:04d}_00_{d:02d}.bmp" for d in range(distortions)]
        link_pictures(folder / f"Distortion_{1 + p % 4}", names)
        labels = folder / "Train_Label" / f"A{p:04d}.txt"
        labels.parent.mkdir(exist_ok=True)
        labels.write_text("".join(f"{name},{1300 + 20 * p + d}.25\n" for d, name in enumerate(names)))
    return folder


def write_live(folder: Path) -> Path:
    """All 982 entries; every tenth is an undistorted copy."""
    from training.datasets.live import FOLDERS

    names = [f"{name}/img{number}.bmp" for name, count in FOLDERS.items() for number in range(1, count + 1)]
    link_pictures(folder, names)
    numbers = np.arange(len(names), dtype=float)[None, :]
    originals = (numbers % 10 == 0).astype(np.uint8)
    dmos = np.where(originals, 0.0, numbers / 10)
    write_mat(folder / "dmos_realigned.mat", dmos_new=dmos, dmos_std=np.full_like(dmos, 7.0), orgs=originals)
    write_mat(folder / "refnames_all.mat", refnames_all=cells([f"photo{n % 29}.bmp" for n in range(len(names))]).T)
    return folder


def write_csiq(folder: Path, photos: int = 10, levels: int = 3) -> Path:
    names = [f"{1600 + p}.{kind}.{n}.png" for p in range(photos) for kind in ("AWGN", "BLUR") for n in range(levels)]
    link_pictures(folder / "dst_imgs_all", names)
    (folder / "csiq_label.txt").write_text("".join(f"{name} {n / 100:.3f}\n" for n, name in enumerate(names)))
    return folder


def write_official_csiq(folder: Path, photos: int = 10, levels: int = 3) -> Path:
    """As its authors give it: a sheet with a title above the heading and room to its left, a folder a distortion."""
    kinds = {"noise": "AWGN", "blur": "BLUR", "contrast": "contrast", "fnoise": "fnoise"}
    kinds |= {"jpeg": "JPEG", "jpeg 2000": "jpeg2000"}
    shown = [(1600 + p, kind, level + 1) for p in range(photos) for kind in kinds for level in range(levels)]
    names = [f"{kinds[kind].lower()}/{photo}.{kinds[kind]}.{level}.png" for photo, kind, level in shown]
    link_pictures(folder / "dst_imgs", names)
    header = ("image", "dst_idx", "dst_type", "dst_lev", "dmos_std", "dmos")
    rows = [
        (photo, 1, kind, level, 0.04, (photo - 1600) / 100 * 2 + level * 0.1 + 0.01) for photo, kind, level in shown
    ]
    blank = (None,) * 3
    sheet = [("CSIQ",), (), (), (*blank, *header), *((*blank, *row) for row in rows)]
    write_sheet(folder / "csiq.DMOS.xlsx", sheet, sheet="all_by_image")
    return folder


def write_bid(folder: Path, count: int = 20) -> Path:
    link_pictures(folder, [f"DatabaseImage{number:04d}.JPG" for number in range(1, count + 1)])
    rows = [(number, number / 5, None) for number in range(1, count + 1)]
    write_sheet(folder / "DatabaseGrades.xlsx", [("Image Number", "Average Subjective Grade", None), *rows])
    return folder


def write_uhdiqa(folder: Path, count: int = 20) -> Path:
    """With most of the columns of the published table, in its order."""
    sets = ["test" if number % 5 == 4 else "validation" if number % 5 == 3 else "training" for number in range(count)]
    link_pictures(folder, [f"{name}/{number}.jpg" for number, name in enumerate(sets)])
    header = ("image_name", "quality_mos", "set", "subset", "orig_width", "orig_height", "user_name", "page_url")
    page = "https://pixabay.com/photos/a,b/"
    rows = [(f"{n}.jpg", f"{n / 25:.4f}", name, "", 6000, 4000, "me", page) for n, name in enumerate(sets)]
    write_rows(folder / "uhd-iqa-metadata.csv", header, rows)
    return folder


def write_flive(folder: Path, count: int = 20) -> Path:
    """The folder `database` of PaQ-2-PiQ's repository, with three columns of the thirty in the lists of the splits."""
    places = ("voc_emotic_ava/AVA__", "blur_dataset/motion", "EE371R/rq")
    names = [f"{places[n % 3]}{n}.{'JPG' if n % 7 == 0 else 'jpg'}" for n in range(count)]
    link_pictures(folder, names)
    write_rows(folder / "labels_image.csv", ("name", "mos"), [(name, 20 + 3.5 * n) for n, name in enumerate(names)])
    test, others = names[::5], [name for n, name in enumerate(names) if n % 5]
    header = ("mos_image", "name_image", "width_image")
    write_rows(folder / "labels640.csv", header, [(50, name, 1024) for name in test])
    rows = [(50, name, 640, n % 4 == 3) for n, name in enumerate(others)]
    write_rows(folder / "labels=640_padded.csv", (*header, "is_valid"), rows)
    return folder


def write_published_koniq(folder: Path, train: int = 4, test: int = 3) -> Path:
    """The published code's own split of KonIQ-10k, without the official label files."""
    for split, count in (("train", train), ("test", test)):
        names = [f"{split}{number}.jpg" for number in range(count)]
        link_pictures(folder / split, names)
        entries = [{"image": f"{split}/{name}", "score": 20.0 + 10 * number} for number, name in enumerate(names)]
        (folder / f"koniq_{split}.json").write_text(json.dumps(entries))
    return folder


WRITERS = {
    "spaq": write_spaq,
    "kadid-10k": write_kadid,
    "agiqa-3k": write_agiqa,
    "livec": write_livec,
    "tid2013": write_tid2013,
    "tid2008": write_tid2008,
    "pipal": write_pipal,
    "live": write_live,
    "csiq": write_csiq,
    "bid": write_bid,
    "uhd-iqa": write_uhdiqa,
    "flive": write_flive,
}
