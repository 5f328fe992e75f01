"""Pictures and videos of contents: shown where they lie in the folder of media, named where they do not."""

from pathlib import Path
from typing import Literal

TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
}
"""What is shown, by the ending of the name. SVG is not: it is a document that can hold scripts."""
Media = Literal["", "picture", "video", "link", "words"]


def kind_of(media: str | None) -> Media:
    """How a content's media are shown; addresses of other hosts are a link and never loaded."""
    if not media:
        return ""
    if media.startswith(("https://", "http://")):
        return "link"
    kind = TYPES.get(Path(media).suffix.lower(), "")
    return "picture" if kind.startswith("image") else "video" if kind else "words"


def path_of(folder: Path | None, media: str | None) -> tuple[Path, str] | None:
    """The file and its type; None for what does not lie in the folder, whatever links and dots say."""
    if folder is None or not media or "\x00" in media or kind_of(media) not in ("picture", "video"):
        return None
    path, root = (folder / media).resolve(), folder.resolve()
    return (path, TYPES[path.suffix.lower()]) if path.is_relative_to(root) and path.is_file() else None
