"""Made pictures in the layouts of real data sets: noise whose strength follows the label, so there is something to learn."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from PIL import Image


def write_picture(path: Path, *, width: int, height: int, noise: float, seed: int) -> None:
    draw = np.random.default_rng(seed)
    smooth = np.linspace(60, 180, width)[None, :, None] + np.zeros((height, width, 3))
    pixels = smooth + draw.normal(0, 80 * noise, (height, width, 3))
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path, quality=90)


def write_csv_dataset(folder: Path, *, train: int = 10, val: int = 4, test: int = 4, side: int = 72) -> Path:
    """The user's own kind of data set; returns the CSV file."""
    rows = []
    for split, count in (("train", train), ("val", val), ("test", test)):
        for number in range(count):
            noise = number / max(count - 1, 1)
            name = f"pictures/{split}{number}.jpg"
            write_picture(folder / name, width=side, height=side, noise=noise, seed=len(rows))
            rows.append((name, f"{5 - 4 * noise:.3f}", "0.5", split))
    return write_rows(folder / "labels.csv", ("image", "mos", "mos_sd", "split"), rows)


def write_opinions(folder: Path, *, train: int = 10, val: int = 4, test: int = 4, answers: int = 5) -> Path:
    """A table of the user's own that counts how many of 20 people gave each answer; mos is their mean, from 1 on."""
    rows = []
    for split, count in (("train", train), ("val", val), ("test", test)):
        for number in range(count):
            noise = number / max(count - 1, 1)
            name = f"pictures/{split}{number}.jpg"
            write_picture(folder / name, width=72, height=72, noise=noise, seed=len(rows))
            counts = np.random.default_rng(len(rows)).binomial(answers - 1, 0.9 - 0.8 * noise, 20)
            histogram = [int((counts == answer).sum()) for answer in range(answers)]
            rows.append((name, f"{1 + counts.mean():.4f}", f"{counts.std():.4f}", split, *histogram))
    columns = [f"c{answer}" for answer in range(1, answers + 1)]
    return write_rows(folder / "labels.csv", ("image", "mos", "mos_sd", "split", *columns), rows)


def write_koniq(folder: Path, *, train: int = 4, val: int = 2, test: int = 2) -> Path:
    """KonIQ-10k's folder with full-size pictures and the file that has the official sets."""
    rows = []
    for name, count in (("training", train), ("validation", val), ("test", test)):
        for number in range(count):
            noise = number / max(count - 1, 1)
            image = f"{name}{number}.jpg"
            write_picture(folder / "1024x768" / image, width=1024, height=768, noise=noise, seed=len(rows))
            rows.append((image, 0, 0.1, 0.2, 0.3, 0.4, 105, 80 - 60 * noise, 0.5, name))
    header = ("image_name", "c1", "c2", "c3", "c4", "c5", "c_total", "MOS", "SD", "set")
    write_rows(folder / "koniq10k_distributions_sets.csv", header, rows)
    return folder


def write_biq2021(folder: Path, *, train: int = 20, test: int = 4) -> Path:
    """BIQ2021's folder; its training file has trailing commas and is sorted by label."""
    for name, count, tail in (("Train", train, ",,"), ("Test", test, "")):
        lines = [f"Image Name,MOS{tail}"]
        for number in range(count):
            image = f"{name.lower()} ({number}).jpg"
            write_picture(folder / "Images" / image, width=64, height=64, noise=0.1, seed=number)
            lines.append(f"{image},{(number + 1) / (count + 1):.4f}{tail}")
        (folder / f"{name} (Images and MOS).csv").write_text("\n".join(lines) + "\n")
    return folder


def write_rows(path: Path, header: tuple[str, ...], rows: list[tuple[object, ...]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path
