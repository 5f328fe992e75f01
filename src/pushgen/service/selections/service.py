"""The choice among the candidates that are there."""

from dataclasses import replace

from pushgen.protocols import RewardModel
from pushgen.records import Candidate, Content, Decision, Review, Selection, Severity
from pushgen.selection import Terms
from pushgen.service.problems import Problem, missing
from pushgen.service.state import Service
from pushgen.store import Transaction


def choose_now(service: Service, content_id: str) -> Selection:
    """Chooses anew for one content and keeps the choice; see `choose`."""
    selection = choose(service, content_id)
    with service.store.begin() as tx:
        tx.selections.put([selection])
    return selection


def choose(service: Service, content_id: str) -> Selection:
    """The choice for one content, not yet kept.

    Candidates that a guardrail blocks or whose last review rejects them do not take part; one that was edited takes
    part with the text of the edit. Raises a `Problem` where there is no content, no candidate or no model.
    """
    reward = model_of(service)
    with service.store.read() as tx:
        content = tx.contents.get(content_id)
        if content is None:
            raise missing("content")
        field = _field(tx, content)
    if not field:
        raise Problem(409, "no candidate of this content is free to be chosen: none is there, or all are blocked")
    p_win = service.matrices.of(content, field, reward)
    return Terms().select(service.selector, content, field, p_win)


def prepare(service: Service, content_id: str) -> None:
    """Computes what a choice for a content will ask of the reward model, so that it is answered without it."""
    with service.store.read() as tx:
        content = tx.contents.get(content_id)
        field = [] if content is None else _field(tx, content)
    if content is not None and field and service.reward is not None:
        service.matrices.of(content, field, service.reward)


def model_of(service: Service) -> RewardModel:
    """The reward model. Raises a `Problem` where the service was started without one."""
    if service.reward is None:
        raise Problem(409, "the service has no reward model; start it with --reward MODEL")
    return service.reward


def _field(tx: Transaction, content: Content) -> list[Candidate]:
    blocked = {one.candidate_id for one in tx.verdicts.of(content.content_id) if one.severity is Severity.BLOCK}
    # In the order of time, so that the last decision about a candidate stays.
    decided = {review.candidate_id: review for review in tx.reviews.of(content.content_id)}
    found = (_as_reviewed(one, decided.get(one.candidate_id), blocked) for one in tx.candidates.of(content.content_id))
    return [candidate for candidate in found if candidate is not None]


def _as_reviewed(candidate: Candidate, review: Review | None, blocked: set[str]) -> Candidate | None:
    if review is not None and review.decision is Decision.REJECT:
        return None
    if review is not None and review.decision is Decision.EDIT and review.body is not None:
        return replace(candidate, title=review.title, body=review.body)
    return None if candidate.candidate_id in blocked else candidate
