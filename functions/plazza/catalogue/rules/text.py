"""Text as typed by people and printed on packs → plain words; every other rule of the catalogue starts from these."""

import re
import unicodedata
from functools import lru_cache

MAX_QUERY = 200
"""Characters of a query that are looked at: longer than any name in the trade."""

_WORD = re.compile(r"\d+(?:\.\d+)?|(?:[^\W\d_]|[\u0900-\u0963\u0981-\u0d7f])+|%")
_ASCII_WORD = re.compile(r"[a-z]+|[0-9]+(?:\.[0-9]+)?|%")  # what the first finds in ASCII, four times as fast
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{2,3}(?:\D|$))")
_MICRO = dict.fromkeys(map(ord, "\u00b5\u03bc"), "mc")  # the sign, and the Greek letter
_DROPPED = dict.fromkeys(map(ord, "'`\u2019\u00ae\u2122\u200c\u200d"), "")  # apostrophes, trade marks, joiners
_RAISED = {
    ord(raised): f"^{digit}"
    for digit, raised in enumerate("\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079")
}  # ten to the sixth is not 106
_FOLDED = _MICRO | _DROPPED | _RAISED


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """Bring text to one form: compatibility letters, small letters, no Latin accents, ASCII digits, `mcg` for `µg`, 60000 for 60,000."""
    if text.isascii():
        # Nearly every name of the trade is: the same steps, those that have something to do.
        text = text.lower()
        if "'" in text or "`" in text:
            text = text.translate(_DROPPED)
        return _THOUSANDS.sub("", text) if "," in text else text
    text = unicodedata.normalize("NFKD", text.translate(_FOLDED)).translate(_FOLDED).casefold()
    kept = [_digit(char) for char in text if not "\u0300" <= char <= "\u036f"]
    return _THOUSANDS.sub("", unicodedata.normalize("NFC", "".join(kept)))


def words(text: str) -> list[str]:
    """Split into words and numbers: "Dolo-650mg" → dolo, 650, mg."""
    folded = fold(text)
    return (_ASCII_WORD if folded.isascii() else _WORD).findall(folded)


def normalize(text: str) -> str:
    """Give the words with single blanks between: the form in which names are compared and stored for comparison."""
    return " ".join(words(text))


def is_number(word: str) -> bool:
    """Tell whether a word is a number: those never match but exactly."""
    return word[:1].isdigit()


def _digit(char: str) -> str:
    return str(unicodedata.decimal(char)) if not char.isascii() and char.isdecimal() else char
