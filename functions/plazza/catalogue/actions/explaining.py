"""Why a search answers as it does, for staff: what each word matched, in which field, and what decided the order."""

from plazza.catalogue.actions.search import Hit, answer, can_be_sold, start_of
from plazza.catalogue.models.search import Explained, IndexField, Matched, Reason, SearchProducts
from plazza.catalogue.rules.keys import sound
from plazza.catalogue.rules.likeness import Match, Reader, Tier
from plazza.catalogue.rules.query import Term


def explain(wanted: SearchProducts) -> Explained:
    """Give why the products of a page stand where they stand. Raises as `search` does."""
    start = start_of(wanted)
    query, hits, choices, degraded = answer(wanted)
    reader = Reader(query)
    return Explained(
        terms=[term.word for term in query.terms],
        numbers=sorted(query.numbers),
        form=query.form,
        degraded=degraded,
        choices=[hit.view["sku"] for hit in choices],
        reasons=[_reason(reader, hit, at) for at, hit in enumerate(hits[start : start + wanted.limit], start + 1)],
    )


def _reason(reader: Reader, hit: Hit, place: int) -> Reason:
    ranked = hit.ranked
    matched = [_matched(term, match) for term, match in reader.answers(ranked.candidate)]
    if ranked.tier is Tier.NAME:
        together = "".join(one.term for one in matched)
        matched = [Matched(term=together, field="whole", words=list(ranked.candidate.named))]
    return Reason.model_validate(
        {
            "place": place,
            "sku": hit.view["sku"],
            "name": hit.view["name"],
            "tier": ranked.tier.name.lower(),
            "matched": matched,
            "cost": ranked.cost,
            "extra": ranked.extra,
            "strength_differs": ranked.strength_differs,
            "form_differs": ranked.form_differs,
            "release_differs": ranked.release_differs,
            "name_differs": ranked.name_differs,
            "can_be_sold": can_be_sold(hit),
            "popularity": ranked.candidate.popularity,
        }
    )


def _matched(term: Term, match: Match) -> Matched:
    return Matched(term=term.word, field=_field(term, match), words=sorted(match.matched))


def _field(term: Term, match: Match) -> IndexField | None:
    heard_alike = any(sound(word) == sound(term.word) for word in match.matched)
    fields: dict[Tier, IndexField] = {
        Tier.NAME: "whole",
        Tier.WORDS: "words",
        Tier.PREFIX: "prefixes",
        Tier.SALT: "composition" if term.meaning else "salt_words" if term.word in match.matched else "salt_prefixes",
        Tier.SIMILAR: "sounds" if heard_alike else "shapes",
        Tier.SALT_SIMILAR: "composition" if term.is_guess else "salt_sounds" if heard_alike else "salt_shapes",
        Tier.MAKER: "maker",
    }
    return fields.get(match.tier)
