"""Teams by name in sentences, with the article that English wants."""

import re

#: What a name says that somebody is: with an article the first ones, as the Vision Impairment team, without the others.
_COUNTED = "team|panel|centre|co-ordinator|service|request|hub|board"
_NAME = re.compile(rf"(.*?\b(?:({_COUNTED})|funding|triage))(, | \(|$)(.*)", re.IGNORECASE)


def with_article(name: str) -> str:
    """``Early Years team, Watford`` is ``the Early Years team for Watford`` in a sentence; ``SEND triage`` stays.

    The area after a comma follows with "for", so that a verb can come after it.
    """
    found = _NAME.fullmatch(name)
    if found is None:
        return name
    said = f"{found[1]} for {found[4]}" if found[3] == ", " else name
    return f"the {said}" if found[2] and not said.lower().startswith("the ") else said
