"""What results look like on stdout, line by line."""

import json

import pytest

from shared.output import print_results, print_scores

ANSWER = {
    "answer": "attic",
    "probability": 0.123456,
    "unknown_words": ["zebra", "yak"],
    "hops": [[{"index": 1, "weight": 1.0}]],
}
ERROR = {"error": "Expected a question, received nothing."}


def printed(capsys, results, form):
    print_results(results, form=form)
    said = capsys.readouterr()
    assert not said.err
    return said.out


def test_json_is_one_whole_object_a_line(capsys):
    results = [ANSWER, ERROR, {"answer": "caffè\nlatte"}]
    lines = printed(capsys, results, "json").splitlines()
    assert [json.loads(line) for line in lines] == results
    assert "caffè" in lines[2]


def test_text_begins_with_the_answer_and_leaves_nested_fields_out(capsys):
    assert printed(capsys, [ANSWER, ERROR], "text") == (
        "attic  probability: 0.1235  unknown_words: zebra yak\n"
        "error: Expected a question, received nothing.\n"
    )


def test_what_is_not_so_is_left_out_of_the_text(capsys):
    results = [{"answer": "a", "cut": True}, {"answer": "b", "cut": False}]
    assert printed(capsys, results, "text") == "a  cut: yes\nb\n"
    assert printed(capsys, results, "tsv") == "answer\tcut\terror\na\tyes\t\nb\t\t\n"


def test_tsv_has_a_header_and_as_many_cells_in_each_row(capsys):
    assert printed(capsys, [ANSWER, ERROR, ANSWER], "tsv") == (
        "answer\tprobability\tunknown_words\terror\n"
        "attic\t0.1235\tzebra yak\t\n"
        "\t\t\tExpected a question, received nothing.\n"
        "attic\t0.1235\tzebra yak\t\n"
    )


def test_tsv_has_its_header_first_when_the_first_inputs_were_refused(capsys):
    assert printed(capsys, [ERROR, ERROR, {"answer": "a"}], "tsv") == (
        "answer\terror\n"
        "\tExpected a question, received nothing.\n"
        "\tExpected a question, received nothing.\n"
        "a\t\n"
    )


def test_tsv_of_nothing_but_errors(capsys):
    out = printed(capsys, [ERROR], "tsv")
    assert out == "error\nExpected a question, received nothing.\n"


@pytest.mark.parametrize("text", ["a\tb", "a\nb", "a\r\nb", " a  b ", "a\x0b\x85b", "a\u2028b"])
@pytest.mark.parametrize("form", ["text", "tsv"])
def test_a_break_inside_a_field_does_not_end_it(capsys, text, form):
    rows = printed(capsys, [{"answer": text}], form).splitlines()
    assert rows[-1].rstrip("\t") == "a b"


@pytest.mark.parametrize("form", ["text", "json", "tsv"])
def test_no_result_prints_nothing(capsys, form):
    assert printed(capsys, [], form) == ""


@pytest.mark.parametrize("form", ["text", "json"])
def test_each_result_is_printed_before_the_next_is_asked_for(capsys, form):
    seen = []

    def results():
        for number in range(3):
            yield {"answer": number}
            seen.append(capsys.readouterr().out)

    print_results(results(), form=form)
    assert [one.count("\n") for one in seen] == [1, 1, 1]


def test_scores(capsys):
    scores = {"mean_error_percent": 4.1999999, "failed_tasks": 3.0}
    print_scores(scores, form="text")
    assert capsys.readouterr().out == "mean_error_percent  4.2\nfailed_tasks        3\n"
    print_scores(scores, form="tsv")
    assert capsys.readouterr().out == "mean_error_percent\t4.2\nfailed_tasks\t3\n"
    print_scores(scores, form="json")
    assert json.loads(capsys.readouterr().out) == scores


def test_notes_stand_beside_scores(capsys):
    scores = {"bleu": 41.25, "bleu_signature": "nrefs:1|tok:13a"}
    print_scores(scores, form="text")
    assert capsys.readouterr().out == "bleu            41.25\nbleu_signature  nrefs:1|tok:13a\n"
    print_scores(scores, form="tsv")
    assert capsys.readouterr().out == "bleu\t41.25\nbleu_signature\tnrefs:1|tok:13a\n"
    print_scores(scores, form="json")
    assert json.loads(capsys.readouterr().out) == scores
