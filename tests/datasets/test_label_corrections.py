"""Corrected labels: read, checked line by line, applied to the data, and written again."""

import hashlib

import numpy as np
import pytest

from fer_core.datasets import PRIVATE_TEST, TRAINING
from fer_core.datasets.label_corrections import (
    LabelCorrection,
    format_corrections,
    load_corrections,
    parse_corrections,
    save_corrections,
)
from fer_core.errors import DataError
from tests.synthetic import synthetic_splits

HEADER = "row,old label,new label,note,tag\n"


@pytest.fixture
def splits():
    return synthetic_splits(4, 2, 2)  # rows 0 to 27 are Training; row i shows emotion i modulo 7


def parse(text):
    return parse_corrections(text.encode(), "mine.csv")


def test_what_is_written_is_read_again(tmp_path):
    lines = (
        LabelCorrection(3, 3, 5, 'mouth "open",\nwide', ""),
        LabelCorrection(11, 4, None, "", "no face"),
        LabelCorrection(20, 6, 6),
    )
    path = tmp_path / "new" / "folder" / "labels.csv"
    save_corrections(path, reversed(lines))
    found = load_corrections(path)
    assert found.lines == lines
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert [line.changes for line in found.lines] == [True, False, False]


def test_other_words_for_an_emotion_a_mark_and_blank_lines_are_read():
    text = "\ufeff Row ,New label,OLD LABEL\r\n 3 ,Anger,happiness\r\n,,\r\n"
    (line,) = parse(text).lines
    assert line == LabelCorrection(3, 3, 0)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "",
            "expected the columns row, old label, new label and maybe note and tag. Received: nothing.",
        ),
        ("row,label\n1,sad\n", "Received: row, label."),
        ("row,row,old label,new label\n", "Received: row, row, old label, new label."),
        (HEADER + "1,sad\n", "line 2: expected 5 fields. Received: 2."),
        (HEADER + "one,sad,fear,,\n", "line 2: expected a row, a whole number from 0. Received: 'one'."),
        (HEADER + "-1,sad,fear,,\n", "Received: '-1'."),
        (HEADER + "²,sad,fear,,\n", "Received: '²'."),
        (HEADER + f"{'9' * 5000},sad,fear,,\n", f"Received: '{'9' * 40}…'."),
        (HEADER + "1,sad,elated,,\n", "as the new label. Received: 'elated'."),
        (HEADER + "1,,sad,,\n", "as the old label. Received: ''."),
        (HEADER + "1,sad,contempt,,\n", "as the new label. Received: 'contempt'."),
        (
            HEADER + "4,sad,fear,,\n\n4,sad,happy,,\n",
            "line 4: expected each row once. Received: row 4 again, first in line 2.",
        ),
        (HEADER + f"1,sad,fear,{'x' * 2001},\n", "a note of at most 2,000 letters. Received: 2,001."),
        (HEADER + '1,sad,fear,"open', "expected a CSV. Received: unexpected end of data."),
    ],
)
def test_each_fault_of_a_file_is_one_sentence(text, sentence):
    with pytest.raises(DataError) as caught:
        parse(text)
    assert sentence in str(caught.value)
    assert str(caught.value).startswith("mine.csv")
    assert len(str(caught.value)) < 300


def test_files_that_cannot_be_read_are_one_sentence(tmp_path):
    with pytest.raises(DataError, match="There is no CSV of corrected labels at"):
        load_corrections(tmp_path / "gone.csv")
    with pytest.raises(DataError, match="must be a file"):
        load_corrections(tmp_path)
    with pytest.raises(DataError, match="expected text in UTF-8"):
        parse_corrections(HEADER.encode() + b"1,sad,fear,caf\xe9,\n", "mine.csv")


def test_the_labels_of_the_named_split_alone_change(splits):
    test_row = int(splits[PRIVATE_TEST].rows[3])
    found = parse(f"{HEADER}3,happy,sad,,\n4,sad,sad,,\n5,surprise,,,no face\n{test_row},happy,fear,,\n")
    corrected, count = found.apply(splits, TRAINING)
    assert count == 1
    assert np.flatnonzero(corrected[TRAINING].labels != splits[TRAINING].labels).tolist() == [3]
    assert corrected[TRAINING].labels[3] == 4
    assert corrected[TRAINING].labels.dtype == np.uint8
    assert corrected[PRIVATE_TEST] is splits[PRIVATE_TEST]
    assert splits[TRAINING].labels[3] == 3
    corrected, count = found.apply(splits, PRIVATE_TEST)
    assert (count, corrected[PRIVATE_TEST].labels[3]) == (1, 2)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("9999,sad,fear,,", "expected rows of the data, which has 56 images. Received: row 9999."),
        (
            "3,sad,fear,,",
            "row 3: expected the label in the data, happy, as the old label. Received: sad.",
        ),
        ("3,happy,happy,,", "expected a new label for at least one Training image. Received: 1 lines"),
        ("30,fear,sad,,", "expected a new label for at least one Training image."),
    ],
)
def test_what_does_not_fit_the_data_is_one_sentence(splits, line, sentence):
    with pytest.raises(DataError) as caught:
        parse(f"{HEADER}{line}\n").apply(splits, TRAINING)
    assert sentence in str(caught.value)


def test_the_lines_are_sorted_by_row():
    text = format_corrections([LabelCorrection(9, 1, 2), LabelCorrection(2, 0, None, "a, b")])
    assert text == f'{HEADER}2,angry,,"a, b",\n9,disgust,fear,,\n'
