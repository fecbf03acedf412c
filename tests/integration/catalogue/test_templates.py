"""Query templates as an engine stores them: it renders what our own code renders."""

import json
from pathlib import Path
from uuid import uuid4

import pytest

from ops import templates
from ops.__main__ import main
from ops.http import call, request
from ops.paths import MAPPINGS
from plazza.catalogue.actions import candidates
from plazza.catalogue.actions.candidates import synonyms
from plazza.catalogue.models.search import SearchProducts
from plazza.catalogue.rules.query import parse

FILTERS = SearchProducts(q="x", form="tablet", prescription_required=False, max_price_paise=50_000)


@pytest.fixture
def prefix(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Templates of a name that nobody else registers."""
    name = f"t{uuid4().hex}".translate(str.maketrans("0123456789", "ghijklmnop"))
    (tmp_path / "templates").mkdir()
    for file in (MAPPINGS / "templates").glob("*.json"):
        text = file.read_text().replace("{{! products-", f"{{{{! {name}-", 1)
        (tmp_path / "templates" / file.name).write_text(text)
    monkeypatch.setattr(templates, "MAPPINGS", tmp_path)
    return name


@pytest.mark.parametrize("template", ["search", "suggest"])
@pytest.mark.parametrize(
    "typed",
    [
        "paravlon 650",
        'dolo "650" \\ mg {{size}}',
        "क्रोसिन 500",
        "vit d3 60k",
        "x",
        "amoxycillin + clavulanic acid syrup",
    ],
)
@pytest.mark.parametrize("filters", [None, FILTERS])
def test_the_engine_renders_what_the_code_renders(
    engine: str, template: str, typed: str, filters: SearchProducts | None
) -> None:
    templates.register(engine)
    query = parse(typed, synonyms())
    stored = next(one.script_id for one in templates.read() if one.file == f"{template}.json")

    rendered = call(
        f"{engine}/_render/template", "POST", {"id": stored, "params": candidates.values_of(query, filters, 50)}
    )

    assert rendered["template_output"] == json.loads(candidates.request_of(template, query, filters, 50))


def test_a_template_is_stored_once_under_its_name_and_version(engine: str, prefix: str) -> None:
    first, second = templates.register(engine), templates.register(engine)

    assert first == [(f"{prefix}-search-v1", "new"), (f"{prefix}-suggest-v1", "new")]
    assert second == [(f"{prefix}-search-v1", "same"), (f"{prefix}-suggest-v1", "same")]


def test_a_stored_version_is_never_changed(
    engine: str, prefix: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ELASTICSEARCH_URL", engine)
    assert main(["mappings", "templates"]) == 0
    file = templates.MAPPINGS / "templates" / "suggest.json"
    before = file.read_text()
    file.write_text(before.replace('"boost": 10', '"boost": 11'))

    assert main(["mappings", "templates"]) == 1
    assert "RESULT mappings-templates fail new=0 same=1 different=1" in capsys.readouterr().out
    assert call(f"{engine}/_scripts/{prefix}-suggest-v1")["script"]["source"] == before

    file.write_text(file.read_text().replace("version 1", "version 2"))
    assert main(["mappings", "templates"]) == 0
    assert request(f"{engine}/_scripts/{prefix}-suggest-v2")[0] == 200


def test_a_file_must_say_its_name_and_version(prefix: str) -> None:
    (templates.MAPPINGS / "templates" / "other.json").write_text("{}")

    with pytest.raises(templates.OpsError, match=r"other\.json must begin"):
        templates.read()
