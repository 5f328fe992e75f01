"""Past pushes as people wrote them: a style in mind, claims from the caption, now and then a slip."""

import random
import re

from pushgen.world.language import STYLES, Language, expand
from pushgen.world.stories import Story

FASHION = {
    "suspense": 1.5, "emotion": 2.0, "practical": 1.2, "humour": 1.2, "urgency": 2.0, "question": 2.0, "numbers": 2.0,
    "social_proof": 1.2, "authority": 1.5, "offer": 1.0, "controversy": 1.0, "personal": 1.5, "plain": 4.0,
}  # fmt: skip
"""How often writers reach for a style, before the habits of a topic's desk."""
_SLOT = re.compile(r"\{(\w+)\}")
_ATTEMPTS = 12


def draw_styles(weights: list[float], count: int, rng: random.Random) -> list[str]:
    """Styles for the arms of one test: mostly different ones, sometimes a second text of the same style."""
    left = dict(zip(STYLES, weights, strict=True))
    chosen: list[str] = []
    for _ in range(count):
        style = rng.choices(list(left), list(left.values()))[0]
        chosen.append(style)
        if rng.random() > 0.15 and len(left) > 1:
            del left[style]
    return chosen


def write(story: Story, style: str, language: Language, rng: random.Random) -> str:
    """One push for the content in the style; a plain one where no frame of the style fits the facts."""
    for frame in rng.sample(language.frames[style], len(language.frames[style])):
        needed = set(_SLOT.findall(frame)) - {"someone"}
        if needed <= story.slots.keys():
            return expand(frame, lambda slot: _fill(slot, story, rng), rng)
    return expand("{someone} {vp}", lambda slot: _fill(slot, story, rng), rng)


def write_new(story: Story, style: str, taken: set[str], language: Language, rng: random.Random) -> str | None:
    """A push that is not among those already taken for the content, or None where the writer runs out of ideas."""
    for _ in range(_ATTEMPTS):
        text = write(story, style, language, rng)
        if text.lower() not in taken:
            return text
    return None


def slip(text: str, story: Story, language: Language, rng: random.Random) -> str:
    """The text with one number or name wrong, or unchanged where it has neither."""
    numbers = re.findall(r"\d+", text)
    if numbers:
        wrong = rng.choice(numbers)
        return text.replace(wrong, str(int(wrong) * rng.choice((2, 3, 10)) + rng.randint(1, 9)), 1)
    place, last = story.slots["place"][0] if "place" in story.slots else "", story.slots["last"][0]
    if place and place in text:
        return text.replace(place, rng.choice(language.names.place_start) + rng.choice(language.names.place_end))
    return text.replace(last, rng.choice(language.names.last)) if last in text else text


def _fill(slot: str, story: Story, rng: random.Random) -> str:
    if slot != "someone":
        return rng.choice(story.slots[slot])
    have = story.slots
    ways = [have["who"][0], have["first"][0]] if "who" in have else []
    if "a_role" in have:
        ways += [have["a_role"][0], have["a_role"][0]]
        if "place" in have:
            ways.append(f"{have['a_role'][0]} from {have['place'][0]}")
        if "who" in have:
            ways.append(f"{have['role'][0]} {have['who'][0]}")
    elif "place" in have:
        ways.append(f"someone from {have['place'][0]}")
    return rng.choice(ways or ["somebody"])
