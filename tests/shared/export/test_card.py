import shutil

from shared.export.card import _bullets, summary
from shared.serving.command import docker_line


def test_summary_shows_path_size_signatures_and_lines(exported):
    lines = summary(exported.path).splitlines()
    assert lines[0].startswith(f"{exported.path} (0.")
    assert lines[0].endswith(" MB)")
    assert lines[1:3] == [
        "  serving_default: text -> label, probability, words",
        "  tokens: text -> token_ids",
    ]
    assert lines[3] == docker_line([exported.path.parent])
    assert lines[4].startswith('curl -s -d \'{"instances": [{"text": "red brick"}]}\'')


def test_summary_of_another_tools_model_is_short(copy):
    shutil.rmtree(copy / "assets.extra")
    assert len(summary(copy).splitlines()) == 2


def test_whatever_a_manifest_says_can_be_shown():
    assert _bullets(None) == ["Not recorded."]
    assert _bullets("sample") == ["- sample"]
    assert _bullets([1, "b"]) == ["- 1", "- b"]
    assert _bullets({"accuracy": 1 / 3, "parts": [{"name": "a"}, {"name": "b"}]}) == [
        "- accuracy: 0.333333",
        "- parts: name a; name b",
    ]
