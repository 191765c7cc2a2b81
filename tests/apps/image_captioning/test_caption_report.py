"""The report: the best and the worst, how various captions are, and that names do no harm."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from apps.image_captioning.evaluation.diversity import diversity_of
from apps.image_captioning.evaluation.report import report_on
from apps.image_captioning.evaluation.report_html import render_report, write_report
from apps.image_captioning.evaluation.report_text import print_report
from apps.image_captioning.evaluation.scores import CaptionScores
from apps.image_captioning.example import Example
from apps.image_captioning.sample import draw_examples

HOSTILE = "<script>alert(1)</script>&\"'[bold]$\\frac$\x1b[2J\u202e\udcff"
CIDER = (50.0, 0.0, 200.0, 0.0, 120.5)
ROUGE = (10.0, 30.0, 80.0, 20.0, 50.0)


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


def reported(gallery=2, training=("caption 0",)):
    drawn = draw_examples(seed=1, count=5, size=32)
    reads = [drawn[0].read, unreadable, drawn[2].read, lambda: b"no picture", drawn[4].read]
    examples = [
        Example(f"{HOSTILE}/{number}.png", "00", read, (f"{HOSTILE} {number}", "Zwei Möwen."))
        for number, read in enumerate(reads)
    ]
    found = CaptionScores(
        {"bleu_4": 21.25, "rouge_l": 38.0, "cider": 74.1},
        {"bleu_4": np.zeros(5), "rouge_l": np.array(ROUGE), "cider": np.array(CIDER)},
    )
    return report_on(
        examples,
        [f"caption {number}" for number in range(5)],
        found,
        title=f"{HOSTILE} on validation",
        counted_by="coco-caption",
        crop=1.0,
        training=training,
        gallery=gallery,
    )


@pytest.fixture(scope="module")
def report():
    return reported()


def numbers(captions):
    return [int(one.caption.split()[1]) for one in captions]


def test_the_best_and_the_worst_come_first(report):
    assert numbers(report.best) == [2, 4]
    # Of equals the one of the lower ROUGE-L is worse.
    assert numbers(report.worst) == [3, 1]
    assert report.best[0].scores == {"bleu_4": 0.0, "rouge_l": 80.0, "cider": 200.0}
    assert report.best[0].references == (f"{HOSTILE} 2", "Zwei Möwen.")
    assert [bool(one.picture) for one in report.best + report.worst] == [True, True, False, False]


@pytest.mark.parametrize(
    ("gallery", "best", "worst"),
    [(0, [], []), (3, [2, 4, 0], [3, 1]), (9, [2, 4, 0, 1, 3], [])],
)
def test_no_caption_is_both_among_the_best_and_the_worst(gallery, best, worst):
    found = reported(gallery)
    assert (numbers(found.best), numbers(found.worst)) == (best, worst)


def test_how_various_captions_are():
    found = diversity_of(
        ["a dog runs", "A dog runs.", "a cat", ""], training=["A cat!", "a dog runs fast"]
    )
    # a dog runs a dog runs a cat: 4 words of 8; a-dog dog-runs twice, a-cat: 3 pairs of 5.
    assert found.words == 4 and found.mean_words == 2.0
    assert found.distinct == (50.0, 60.0)
    assert found.different == 75.0 and found.novel == 75.0
    assert diversity_of(["a"]).novel is None
    assert diversity_of([""]).distinct == (0.0, 0.0)


def test_the_page_is_one_file_without_scripts_or_links(report, tmp_path):
    write_report(report, tmp_path / "report.html")
    page = Reader((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert not {"script", "link", "iframe", "object", "a", "bold"} & set(page.tags)
    sources = [value for _, name, value in page.attributes if name == "src"]
    assert len(sources) == 2 and all(one.startswith("data:image/jpeg") for one in sources)
    assert not any(name.startswith("on") for _, name, _ in page.attributes)
    assert page.tags.count("figure") == 4


def test_the_page_says_what_was_found(report):
    said = " ".join(Reader(render_report(report)).texts)
    for text in ("5 images", "coco-caption", "BLEU-4", "21.25", "74.10", "CIDEr-D 120.5"):
        assert text in said, text
    assert "ours: caption 3" in said and "Zwei Möwen." in said
    assert "<script>alert(1)</script>&\"'[bold]$\\frac$\\x1b[2J\\u202e\\udcff 2" in said
    assert not re.search("[\x00-\x08\x0b-\x1f\u202e\udc00-\udfff]", said)
    assert "no training caption is" in said
    without = " ".join(Reader(render_report(reported(0, training=None))).texts)
    assert "no training caption is" not in without and "Best" not in without


def test_the_text_form_moves_no_cursor(report, capsys):
    print_report(report, form="text")
    said = capsys.readouterr().out
    assert "\x1b" not in said and "\u202e" not in said
    assert said.index("Best 1") < said.index("caption 2") < said.index("Worst 1")
    assert re.search(r"^METEOR", said, re.M) is None and re.search(r"^CIDEr-D +74\.10$", said, re.M)
    assert re.search(r"^captions that no training caption is, % +80\.00$", said, re.M)


def test_the_json_form_is_one_object(report, capsys):
    print_report(report, form="json")
    found = json.loads(capsys.readouterr().out)
    assert found["scores"] == report.scores and found["images"] == 5
    assert found["diversity"]["novel"] == 80.0
    assert found["worst"][1] == {
        "name": f"{HOSTILE}/1.png",
        "caption": "caption 1",
        "references": [f"{HOSTILE} 1", "Zwei Möwen."],
        "scores": {"bleu_4": 0.0, "rouge_l": 30.0, "cider": 0.0},
    }
