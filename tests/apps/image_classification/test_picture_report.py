"""The report: what it says, that it needs nothing else, and that names can do no harm."""

import base64
import io
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from apps.image_classification.answer_plot import draw_answers
from apps.image_classification.example import Example
from apps.image_classification.report import most_confused, report_on
from apps.image_classification.report_html import render_report, write_report
from apps.image_classification.report_pictures import confusion_picture
from apps.image_classification.report_text import print_report
from apps.image_classification.sample import draw
from shared.errors import UserError
from shared.images.thumbnail import SMALL

HOSTILE = "<script>alert(1)</script>&\"'[bold]$\\frac$\x1b[2J\u202e\udcff"
NAMES = (HOSTILE, "Gänse Blümchen", "红花", "plain")


class Reader(HTMLParser):
    """Collects the tags, attributes and texts of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.texts = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *one) for one in attrs]

    def handle_data(self, data):
        self.texts.append(data)


def unreadable():
    raise OSError("gone")


@pytest.fixture(scope="module")
def report():
    drawn = draw(seed=1, count=1, size=32)[:4]
    reads = [drawn[0].read, unreadable, lambda: b"no picture", drawn[3].read]
    examples = [
        Example(f"{HOSTILE}/{number}.png", NAMES[number], "00", read)
        for number, read in enumerate(reads)
    ]
    labels = np.array([0, 1, 2, 3])
    probabilities = np.array(
        [[0.1, 0.7, 0.1, 0.1], [0.9, 0.1, 0, 0], [0, 0.2, 0.2, 0.6], [0, 0, 0.2, 0.8]]
    )
    return report_on(
        examples,
        labels,
        probabilities,
        title=f"{HOSTILE} on validation",
        names=NAMES,
        before=probabilities,
        few_shot={20: [80.0, 82.0], 1: [40.0, 30.0]},
    )


def test_the_report_holds_the_worst_first_and_their_pictures(report):
    assert [one.probability for one in report.worst] == [0.9, 0.7, 0.6]
    assert [one.label for one in report.worst] == [NAMES[1], NAMES[0], NAMES[2]]
    assert [bool(one.picture) for one in report.worst] == [False, True, False]
    assert list(report.few_shot) == [1, 20]
    assert report.confusions[0] == (NAMES[0], NAMES[1], 1)


def test_the_page_is_one_file_without_scripts_or_links(report, tmp_path):
    write_report(report, tmp_path / "report.html")
    page = Reader((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert not {"script", "link", "iframe", "object", "a", "bold"} & set(page.tags)
    assert all(
        value.startswith("data:image/") for _, name, value in page.attributes if name == "src"
    )
    assert not any(name.startswith("on") for _, name, _ in page.attributes)
    # Confusion, reliability, few-shot curve, and one thumbnail that could be made.
    assert page.tags.count("img") == 4
    assert ("meta", "http-equiv", "Content-Security-Policy") in page.attributes


def test_names_stand_in_the_page_as_text(report):
    page = Reader(render_report(report))
    said = " ".join(page.texts)
    assert "<script>alert(1)</script>&\"'[bold]$\\frac$\\x1b[2J\\u202e\\udcff" in said
    assert "Gänse Blümchen" in said and "红花" in said
    assert not re.search("[\x00-\x08\x0b-\x1f\u202e\udc00-\udfff]", said)


def test_the_numbers_of_the_page_are_those_of_the_evaluation(report):
    said = " ".join(Reader(render_report(report)).texts)
    low, high = report.evaluation.interval
    assert f"between {low:.2f} and {high:.2f} %" in said
    for value in report.evaluation.scores.values():
        assert f"{value:.2f}" in said
    for section in ("Scores", "With few pictures", "Classes", "Confusion", "Calibration"):
        assert section in said
    assert "given: plain, 0.600" in said


def test_the_pictures_of_the_page_open(report):
    found = re.findall(r"data:image/(\w+);base64,([\w+/=]+)", render_report(report))
    for form, data in found:
        with Image.open(io.BytesIO(base64.b64decode(data))) as picture:
            assert picture.format.lower() == form and min(picture.size) >= SMALL


def test_without_mistakes_and_shots_it_is_shorter():
    examples = draw(seed=1, count=1, size=32)[:2]
    found = report_on(examples, np.array([0, 1]), np.eye(2), title="all right", names=("a", "b"))
    said = " ".join(Reader(render_report(found)).texts)
    assert "None." in said and "few pictures" not in said and "was given" not in said


def test_the_text_form_moves_no_cursor(report, capsys):
    print_report(report, form="text")
    said = capsys.readouterr().out
    assert "\x1b" not in said and "\u202e" not in said
    joined = re.sub(r"\s", "", said)
    assert "[bold]" in joined and "Blümchen" in joined and "0.900" in joined
    assert f"{report.evaluation.scores['macro_f1_percent']:.2f}" in said


def test_the_json_form_is_one_object(report, capsys):
    print_report(report, form="json")
    found = json.loads(capsys.readouterr().out)
    assert found["scores"] == report.evaluation.scores
    assert found["worst"][0] == {
        "name": f"{HOSTILE}/1.png",
        "label": NAMES[1],
        "predicted": HOSTILE,
        "probability": 0.9,
    }
    assert found["few_shot"] == {"1": [40.0, 30.0], "20": [80.0, 82.0]}
    assert sum(one["pictures"] for one in found["reliability"]) == found["pictures"] == 4


def test_most_confused_leaves_out_what_is_right():
    counts = np.array([[9, 0, 3], [1, 9, 0], [0, 4, 9]])
    assert most_confused(counts, names="abc", count=2) == (("c", "b", 4), ("a", "c", 3))
    assert most_confused(np.eye(3, dtype=int), names="abc") == ()


@pytest.mark.parametrize("classes", [2, 40, 1000])
def test_confusions_of_any_number_of_classes_are_drawn(classes):
    counts = np.random.default_rng(0).integers(0, 5, (classes, classes))
    data = confusion_picture(counts, names=[f"name {i} {'x' * 60}" for i in range(classes)])
    with Image.open(io.BytesIO(data)) as picture:
        assert 200 < picture.size[0] < 3000


@pytest.fixture
def results(tmp_path):
    example = draw(seed=1, count=1, size=48)[0]
    path = tmp_path / "a $name$.png"
    path.write_bytes(example.read())
    classes = [{"label": HOSTILE, "probability": 0.9}, {"label": "红花", "probability": 0.1}]
    return [
        {"answer": HOSTILE, "picture": str(path), "classes": classes},
        {"answer": "b", "picture": "picture", "classes": classes},
        {"error": "no picture"},
    ]


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_answers_are_drawn(results, tmp_path, suffix):
    draw_answers(results, tmp_path / f"answers.{suffix}")
    data = (tmp_path / f"answers.{suffix}").read_bytes()
    assert data.startswith({"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[suffix])


def test_what_cannot_be_drawn_is_one_sentence(results, tmp_path):
    with pytest.raises(UserError, match=r"such as answers\.png, received 'a\.doc'"):
        draw_answers(results, tmp_path / "a.doc")
    with pytest.raises(UserError, match="received none"):
        draw_answers(results[2:], tmp_path / "a.png")
