"""Label files of MATLAB as rows. Every error names the file and the entry."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy import io

from training.datasets.labels.rows import Row
from training.errors import BadData


def read_mat(path: Path, variables: Sequence[str]) -> list[Row]:
    """The entries of vectors of equal length, one row an entry, counted from 1 as MATLAB does.

    Raises:
        BadData: no such file, no MATLAB file, a variable is missing, or lengths differ.
    """
    try:
        content = io.loadmat(str(path), squeeze_me=True, variable_names=list(variables), appendmat=False)
    except FileNotFoundError:
        raise BadData(f"{path}: no such file. Give the data set's place with --data_path") from None
    except (OSError, ValueError, TypeError, KeyError, NotImplementedError) as error:
        raise BadData(f"{path}: cannot be read as a MATLAB file ({error})") from error
    absent = [name for name in variables if name not in content]
    if absent:
        raise BadData(f"{path}: no variable {absent[0]}")
    vectors = [[str(value).strip() for value in np.atleast_1d(content[name]).ravel()] for name in variables]
    for name, vector in zip(variables, vectors, strict=True):
        if len(vector) != len(vectors[0]):
            raise BadData(f"{path}: {name} has {len(vector):,} entries and {variables[0]} {len(vectors[0]):,}")
    return [
        Row(f"{path}, entry {number}", dict(zip(variables, values, strict=True)))
        for number, values in enumerate(zip(*vectors, strict=True), start=1)
    ]


def side_by_side(*tables: list[Row]) -> list[Row]:
    """Rows of several files that list the same images in the same order; the first table names the line.

    Raises:
        BadData: the files are not equally long.
    """
    for table in tables[1:]:
        if len(table) != len(tables[0]):
            names = " and ".join(_described(one) for one in (tables[0], table))
            raise BadData(f"{names}: the two must list the same images")
    return [
        Row(rows[0].where, {name: value for row in rows for name, value in row.values.items()})
        for rows in zip(*tables, strict=True)
    ]


def _described(table: list[Row]) -> str:
    return f"{table[0].where.rpartition(',')[0]} has {len(table):,} entries" if table else "an empty file"
