"""Foreign text inside a prompt: data between two marks that cannot occur in it."""

OPEN, CLOSE = "<<<source", "source>>>"


def unmarked(text: str, most: int) -> str:
    """The text with single white spaces and without the marks, cut at a white space before `most` code points."""
    text = " ".join(text.split())
    while OPEN in text or CLOSE in text:  # what is left around a mark may form another one
        text = text.replace(OPEN, "").replace(CLOSE, "")
    if len(text) <= most:
        return text
    head = text[:most]
    return head.rsplit(" ", 1)[0] if " " in head else head


def fenced(text: str, most: int) -> str:
    """`unmarked` text between the marks, each on a line of its own."""
    return f"{OPEN}\n{unmarked(text, most)}\n{CLOSE}"
