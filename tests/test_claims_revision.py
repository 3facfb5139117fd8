"""The claims ledger and the page of what moved since the published edition."""

import json

import pytest

from panel_eis.claims import Claim, Estimate, judge, strength
from panel_eis.errors import DataError, ModelError
from panel_eis.revision import Numbers, causes, edition, inputs, read_published, revision_fragment


def _claim(value, low, high, side="above", threshold=0.0):
    return Claim("c", {"fr": "", "en": ""}, lambda _: Estimate(value, low, high), side, threshold)


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (_claim(2, 1, 3), "holds"),
        (_claim(1, -1, 3), "weakened"),
        (_claim(-1, -3, 1), "weakened"),
        (_claim(-2, -3, -1), "reversed"),
        (_claim(2, 1, 3, "below", 5), "holds"),
        (_claim(4, 2, 6, "below", 5), "weakened"),
        (_claim(8, 6, 9, "below", 5), "reversed"),
        (_claim(float("nan"), 0, 1), "not_estimable"),
    ],
)
def test_a_claim_is_judged_by_its_interval_and_its_threshold(claim, verdict):
    assert judge(claim, None)[0] == verdict


def test_a_model_that_is_refused_makes_its_claim_not_estimable():
    """The build goes on; the ledger says it."""

    def refused(_):
        raise ModelError("too few switchers")

    assert judge(Claim("c", {"fr": "", "en": ""}, refused), None) == ("not_estimable", None)


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        (["holds", "holds"], "good"),
        (["holds", "weakened", "reversed"], "claims that hold: 1 of 3"),
        (["weakened", "reversed"], "weak"),
        (["reversed"], "the contrary"),
        (["not_estimable"], "nothing can be estimated"),
    ],
)
def test_the_strength_of_a_finding_is_that_of_its_claims(verdicts, said):
    """In both languages; never better than its claims."""
    found = strength(verdicts)
    assert said in found["en"]
    assert set(found) == {"fr", "en"}


@pytest.fixture
def project(tmp_path):
    (tmp_path / "data" / "waves").mkdir(parents=True)
    (tmp_path / "data" / "codebook").mkdir()
    (tmp_path / "data" / "register.csv").write_text("unit\n", encoding="utf-8")
    (tmp_path / "data" / "waves" / "2021.csv").write_text("unit\n", encoding="utf-8")
    return tmp_path


KINDS = {"share": "pct", "change": "signed1", "wave": ""}
VERDICTS = {"holds": "holds", "weakened": "weakened"}


def _publish(project, facts, claims):
    path = project / "data" / "published.json"
    path.write_text(json.dumps(edition(project, "2025-12", facts, claims)), encoding="utf-8")
    return read_published(project)


def test_a_wave_that_is_added_names_the_numbers_that_moved_and_why(project):
    """One number of two moved, one claim is weakened, and the cause is the new wave."""
    published = _publish(project, {"share": 0.40, "change": 1.0, "wave": "2021"}, {"peers": "holds"})
    (project / "data" / "waves" / "2023.csv").write_text("unit\n", encoding="utf-8")
    now = Numbers({"share": 0.44, "change": 1.01, "wave": "2023"}, KINDS, {"peers": "weakened"})
    text = revision_fragment(project, published, now, VERDICTS, "en")
    assert "1 cited numbers of 2 have moved" in text
    assert "wave added: `data/waves/2023.csv`" in text
    assert "| `share` | 40% | 44% |" in text
    assert "`change`" not in text
    assert "Claim “peers”: holds → weakened" in text


def test_nothing_moved_is_said_and_rounding_is_not_a_move(project):
    published = _publish(project, {"share": 0.401, "change": 1.0}, {"peers": "holds"})
    now = Numbers({"share": 0.404, "change": 1.0}, KINDS, {"peers": "holds"})
    assert "Aucun nombre" in revision_fragment(project, published, now, VERDICTS, "fr")
    assert "panel-eis publish" in revision_fragment(project, None, now, VERDICTS, "fr")


def test_causes_tell_waves_from_other_data_and_from_the_computation(project):
    before = inputs(project)
    assert causes(before, before, "en") == ["the computation (no data file changed)"]
    (project / "data" / "waves" / "2021.csv").write_text("unit\nA\n", encoding="utf-8")
    (project / "data" / "register.csv").write_text("unit\nA\n", encoding="utf-8")
    said = causes(before, inputs(project), "en")
    assert said == [
        "wave file changed: `data/waves/2021.csv`",
        "other data file changed: `data/register.csv`",
    ]
    (project / "data" / "waves" / "2023.csv").write_text("unit\n", encoding="utf-8")
    before["data/waves/2023.csv"] = inputs(project)["data/waves/2023.csv"]
    (project / "data" / "waves" / "2021.csv").unlink()
    assert causes(before, inputs(project), "en")[0] == "wave removed: `data/waves/2021.csv`"


@pytest.mark.parametrize("content", ["{", "[]", '{"edition": "x"}'])
def test_a_damaged_published_file_is_an_error_with_its_place(project, content):
    (project / "data" / "published.json").write_text(content, encoding="utf-8")
    with pytest.raises(DataError) as error:
        read_published(project)
    assert [p.code for p in error.value.problems] == ["E-PUBLISHED"]


def test_the_synthetic_edition_is_judged_on_every_claim(root):
    """Each claim of the paper has both sentences, a name of its own, and a threshold on the side it claims."""
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location("tbl_claims", root / "analyses" / "tbl_claims.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    assert len({c.name for c in module.CLAIMS}) == len(module.CLAIMS) >= 5
    assert all(c.sentence[lang].endswith(".") for c in module.CLAIMS for lang in ("fr", "en"))
