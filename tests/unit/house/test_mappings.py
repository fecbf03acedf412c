"""What mappings and query templates may hold: term look-ups, and only what Elasticsearch 8, 9 and OpenSearch share."""

import re
from pathlib import Path

import pytest

from ops import mappings, templates
from ops.paths import MAPPINGS


def test_no_file_holds_a_forbidden_clause() -> None:
    assert mappings.forbidden_clauses() == []


@pytest.mark.parametrize(
    ("held", "named"),
    [
        ('{"query": {"bool": {"should": [{"wildcard": {"name": "*a*"}}]}}}', "wildcard"),
        ('{"query": {"match": {"name": {"query": {{#toJson}}q{{/toJson}}, "fuzziness": "AUTO"}}}}', "fuzziness"),
        ('{"sort": {"_script": {}}, "query": {"script_score": {}}}', "script_score"),
        ('{"properties": {"vector": {"type": "dense_vector"}}}', "dense_vector"),
        ('{"filter": {"sound": {"type": "phonetic"}}}', "type phonetic"),
        ('{"analyzer": {"name": {"tokenizer": "icu_tokenizer"}}}', "tokenizer icu_tokenizer"),
        ('{"filter": {"words": {"type": "synonym", "updateable": true}}}', "updateable"),
    ],
)
def test_a_forbidden_clause_is_named_with_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: str, named: str
) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "search.json").write_text(held)
    monkeypatch.setattr(mappings, "MAPPINGS", tmp_path)

    assert mappings.forbidden_clauses() == [f"templates/search.json: {named}"]


@pytest.mark.parametrize("template", ["search", "suggest"])
def test_a_template_asks_for_fields_that_the_mapping_has(template: str) -> None:
    properties = mappings.definition()["mappings"]["properties"]
    text = (MAPPINGS / "templates" / f"{template}.json").read_text()
    asked = set(re.findall(r'"(?:terms|term|match)": \{ "(\w+)":', text))

    assert asked <= set(properties)
    assert {"whole", "prefixes", "salt_words"} <= asked


def test_a_template_says_its_name_and_version() -> None:
    found = {one.file.removesuffix(".json"): one.script_id for one in templates.read()}

    assert set(found) == {"search", "suggest"}
    assert all(re.fullmatch(rf"products-{name}-v[1-9]\d*", script_id) for name, script_id in found.items())
