"""Charts of a batch: bars that stand, and a bar a folder."""

from fer_core.charts.batch import plot_folders, plot_histogram
from fer_core.emotions import EMOTIONS


def test_a_histogram_labels_every_so_many_bars():
    figure = plot_histogram([1, 0, 3], ["0", "1", "2"], title="faces", unit="photos", every=2)
    (bars,) = figure.data
    assert (list(bars.x), list(bars.y)) == (["0", "1", "2"], [1, 0, 3])
    assert list(figure.layout.xaxis.tickvals) == ["0", "2"]


def test_folders_are_shares_of_their_faces_with_the_count_beside_the_name():
    long = "photos/" + "x" * 50
    figure = plot_folders({"a": [1, 0, 0, 3, 0, 0, 0], long: [0] * 7})
    assert len(figure.data) == len(EMOTIONS)
    assert [list(bars.x) for bars in figure.data][:4] == [[0.25, 0], [0, 0], [0, 0], [0.75, 0]]
    first, second = figure.data[0].y
    assert first == "a  4"
    assert second.startswith("… ")
    assert second.endswith("x  0")
    assert list(figure.data[3].customdata) == [3, 0]
