"""What every backend gives its candidates: identity, prompt hash, language."""

import hashlib

from pushgen.protocols import GenerationFailure, GenerationRequest
from pushgen.records import Candidate, Content
from pushgen.text.script import likely_language


def candidate_id(request: GenerationRequest, generator: str) -> str:
    """Stable identity of a candidate: content, generator (with the hash of its model), style, index and seed."""
    parts = (request.content.content_id, generator, request.style, str(request.index), str(request.seed))
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def seed_of(request: GenerationRequest, generator: str) -> int:
    """A 63-bit seed for everything random about one request, so that its outcome does not depend on its batch."""
    return int(candidate_id(request, generator), 16) >> 1


def language_of(content: Content) -> str:
    """The content's language, or `zh` where a fifth of the letters are Han, else `en`."""
    return content.language or likely_language(content.source_text)


def candidate(
    request: GenerationRequest, body: str, *, generator: str, prompt_hash: str, language: str | None = None
) -> Candidate:
    """A candidate for a request."""
    return Candidate(
        candidate_id=candidate_id(request, generator),
        content_id=request.content.content_id,
        body=body,
        style=request.style,
        language=language or language_of(request.content),
        generator=generator,
        seed=request.seed,
        prompt_hash=prompt_hash,
    )


def failure(request: GenerationRequest, reason: str) -> GenerationFailure:
    """A request that got no candidate, for a short and countable reason."""
    return GenerationFailure(content_id=request.content.content_id, style=request.style, reason=reason)
