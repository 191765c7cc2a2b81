import pytest

from shared.errors import UserError
from shared.export.lineage import read_lineage, read_record, versions_of


def test_versions_are_integers_in_their_order(tmp_path):
    for name in ("2", "10", "9", ".export-x", "v3", "-4", "1.5"):
        (tmp_path / name).mkdir()
    assert list(versions_of(tmp_path)) == [2, 9, 10]
    assert versions_of(tmp_path / "absent") == {}


def test_a_model_of_another_tool_has_no_lineage(tmp_path):
    assert read_record(tmp_path) is None
    with pytest.raises(UserError, match="another tool wrote this SavedModel"):
        read_lineage(tmp_path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"format": 2}', "received format 2; use the release that wrote it"),
        ("{", "export again"),
        ('{"format": 1}', "export again"),
        ('{"format": 1, "unknown": 2}', "export again"),
        ("[]", "export again"),
    ],
)
def test_a_damaged_record_is_one_sentence(tmp_path, content, words):
    (tmp_path / "assets.extra").mkdir()
    (tmp_path / "assets.extra" / "brickyard.json").write_text(content)
    with pytest.raises(UserError, match=words):
        read_record(tmp_path)
