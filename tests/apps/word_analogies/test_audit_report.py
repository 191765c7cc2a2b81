import base64
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image
from planted_bias import PAIRS, fillers, planted

from apps.word_analogies.audit.audit import JudgedAnalogy, audit
from apps.word_analogies.audit.list_files import WeatWords
from apps.word_analogies.audit.lists import load_lists
from apps.word_analogies.audit.report import render_report, write_report
from apps.word_analogies.testsets import PairSet
from apps.word_analogies.vectors import WordVectors
from shared.errors import DataError, UserError

HOSTILE = "<script>alert(1)</script>&\"'"


@pytest.fixture(scope="module")
def world():
    return planted(neutral=400)


@pytest.fixture(scope="module")
def found(world):
    steps = []
    pairs = [("nurse", "boxer", 1.0), ("queen", "king", 9.0), ("she", "he", 8.0)]
    result = audit(
        world.vectors,
        lists=world.lists,
        test_sets=[PairSet("pairs", pairs)],
        progress=steps.append,
    )
    assert len(steps) == 5
    return result


def test_the_audit_holds_the_planted_answers(world, found):
    assert found.direct_bias.before == pytest.approx(2 / 6, abs=1e-5)
    assert found.direct_bias.after == pytest.approx(0, abs=1e-6)
    assert found.pairs == 5 and found.explained[0] == pytest.approx(1, abs=1e-5)
    assert found.weat_before[0].effect_size > 1.5
    assert abs(found.weat_after[0].effect_size) < 1.5
    assert found.residual.cluster_before > 95
    # Five pairs teach the machine little, but exactly ten words: they are kept.
    assert found.kept >= 10
    assert found.debiased.words == world.vectors.words
    assert set(found.cost) == {
        f"pairs/{name}" for name in ("spearman", "coverage_percent", "pairs", "missing_words")
    }
    assert not found.left_out and not found.unknown


def test_the_same_audit_twice_is_equal(world, found):
    again = audit(world.vectors, lists=world.lists)
    assert replace(again, cost=found.cost) == found
    np.testing.assert_array_equal(again.debiased.matrix, found.debiased.matrix)


def test_the_dictionary_is_json_without_vectors(found):
    values = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert values["direct_bias"]["before"] == found.direct_bias.before
    assert values["weat_before"][0]["name"] == "work"
    assert values["analogies_after"][0]["kind"] in ("appropriate", "stereotype", "other")
    assert "debiased" not in values


def test_what_cannot_be_measured_is_left_out_with_its_reason(world):
    small = world.vectors.limited(40)
    strange = WeatWords("strange", tuple("XYAB"), (("one",), ("two",), ("she",), ("he",)))
    lists = replace(world.lists, weat=(strange,))
    unknown = PairSet("pairs", [("one", "two", 1.0)])
    found = audit(small, lists=lists, test_sets=[unknown])
    assert found.residual is None and not found.weat_before and not found.cost
    assert len(found.left_out) == 3
    assert found.unknown == {"weat strange": ("one", "two")}
    page = render_report(found)
    assert "Not measured:" in page and "100 neutral words or more" in page


def test_lists_in_another_language_than_the_vectors_are_refused(world):
    with pytest.raises(DataError, match="lists in the language of the vectors"):
        audit(world.vectors, language="fr")
    with pytest.raises(DataError, match="Known: en, fr"):
        audit(world.vectors, language="de")
    with pytest.raises(UserError, match="received 0"):
        audit(world.vectors, lists=world.lists, limit=0)
    assert not audit(world.vectors, lists=world.lists, limit=1).analogies_before


def test_our_own_lists_audit_vectors_that_know_them():
    lists = load_lists("fr")
    words = [*lists.gendered, *lists.professions, *(w for t in lists.weat for w in t.words())]
    words = sorted({*words, *fillers(300)})
    generator = np.random.default_rng(0)
    vectors = WordVectors(tuple(words), generator.normal(size=(len(words), 20)).astype(np.float32))
    found = audit(vectors, language="fr")
    assert not found.unknown and not found.left_out
    assert len(found.weat_before) == len(lists.weat)
    assert all(one.p_value > 0.001 for one in found.weat_before)


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.seen, self.attributes, self.open = [], [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        self.attributes += attrs
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_report_is_one_sound_page_with_pictures_inside(found, tmp_path):
    write_report(found, tmp_path / "audit.html")
    page = (tmp_path / "audit.html").read_text(encoding="utf-8")
    tags = Tags()
    tags.feed(page)
    assert not tags.open and "script" not in tags.seen and "link" not in tags.seen
    assert not re.search(r"https?://|\{\w+\}|\bnan\b|None", re.sub(r"base64,[^\"]*", "", page))
    pictures = [value for name, value in tags.attributes if name == "src"]
    assert len(pictures) == 4
    for picture in pictures:
        content = base64.b64decode(picture.removeprefix("data:image/png;base64,"), validate=True)
        assert Image.open(io.BytesIO(content)).width > 300
    assert f"{found.residual.cluster_before:.4g}</td>" in page
    assert page.count('<tr class="') == len(found.analogies_before) + len(found.analogies_after)
    for source in ("1607.06520", "1608.07187", "1903.03862"):
        assert source in page


def test_words_are_shown_and_never_run(world):
    odd = {"nurse": HOSTILE, "boxer": "$\\frac{$", "teacher": "\u4e2d\u6587"}
    words = tuple(odd.get(word, word) for word in world.vectors.words)
    professions = tuple(odd.get(word, word) for word in world.lists.professions)
    sets = ((HOSTILE, "maid"), ("engineer", "judge"), ("she", "woman"), ("he", "man", HOSTILE * 2))
    test = WeatWords(f"$\\frac{{$ {HOSTILE}", ("<b>", "Y", "A", "B"), sets)
    lists = replace(
        world.lists,
        professions=professions,
        weat=(test,),
        gender_specific=("<i>unknown</i>",),
        repeated={"<u>": ("<s>",)},
    )
    vectors = WordVectors(words, world.vectors.matrix)
    found = audit(vectors, lists=lists, language="<p>")
    answers = (JudgedAnalogy(HOSTILE, "<i>", 0.5, "other"),)
    page = render_report(replace(found, analogies_before=answers, seed=("<b>", HOSTILE)))
    assert page.count("<p>") == render_report(found).count("<p>") == len(re.findall("</p>", page))
    for raw in ("<script", "<b>", "<i>", "<u>", "<s>"):
        assert raw not in page
    assert "&lt;i&gt;unknown" in page and "&lt;s&gt;" in page


def test_a_report_without_tests_professions_or_answers(world):
    lists = replace(world.lists, weat=(), professions=("nurse",))
    found = audit(world.vectors, lists=lists)
    bare = replace(found, professions=(), analogies_after=(), analogies_before=(), residual=None)
    for one in (found, bare):
        assert render_report(one).endswith("</html>\n")
    assert PAIRS[0] == found.seed
