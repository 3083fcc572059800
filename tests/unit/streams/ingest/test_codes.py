from typing import get_args

import pytest

from detectors.events import CaptureClass, Operation, Outcome, Relation
from streams.ingest.codes import NO_COUNTRY, WORDS, CountryCodes, is_throttling
from streams.ingest.schema import CaptureWord, OperationWord, OutcomeWord, RelationWord


@pytest.mark.parametrize(
    ("field", "words", "codes"),
    [
        ("operation", OperationWord, Operation),
        ("outcome", OutcomeWord, Outcome),
        ("capture_class", CaptureWord, CaptureClass),
        ("subject_relation", RelationWord, Relation),
    ],
)
def test_schema_and_codes_have_the_same_words(
    field: str, words: object, codes: type[Operation]
) -> None:
    """A word that the schema lets through has its code."""
    assert set(get_args(words)) == {code.name.lower() for code in codes}
    assert all(WORDS[field][1][code.name.lower()] == code for code in codes)


@pytest.mark.parametrize(
    "code",
    [
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
        "LimitExceededException",
        "RequestLimitExceeded",
        "TooManyRequests",
        "SlowDown",
        "429",
        "HTTP 429",
    ],
)
def test_throttling_is_recognised(code: str) -> None:
    """By the names that cloud providers give it, and by the status."""
    assert is_throttling(code)


@pytest.mark.parametrize("code", ["", None, "InvalidParameterException", "4290", "500"])
def test_other_errors_are_not_throttling(code: str | None) -> None:
    """A wrong image is not too many of them."""
    assert not is_throttling(code)


def test_countries_of_either_case_are_one() -> None:
    """Two ASCII letters; anything else is none, and is not kept."""
    countries = CountryCodes()

    assert countries["DE"] == countries["de"] == 256 * ord("D") + ord("E")
    assert [countries[text] for text in ("", None)] == [0, 0]
    assert [countries[text] for text in ("D", "DEU", "D1", "ÄÖ", "\ud800")] == [NO_COUNTRY] * 5
    assert set(countries) == {"DE", "de"}
