"""Win probabilities of texts that need not be in the database."""

from pushgen.records import Candidate, Content
from pushgen.selection import win_matrices
from pushgen.selection.standing import mean_win
from pushgen.service.scores.schemas import ScoreRequest, Scores
from pushgen.service.selections.service import model_of
from pushgen.service.state import Service


def score(service: Service, asked: ScoreRequest) -> Scores:
    """Holds every text against every other. Raises a `Problem` where there is no model."""
    reward = model_of(service)
    content = Content(content_id="", caption=asked.caption)
    texts = [
        Candidate(
            candidate_id=str(place), content_id="", title=text.title, body=text.body,
            style="", generator="", seed=0, prompt_hash="",
        )
        for place, text in enumerate(asked.texts)
    ]  # fmt: skip
    (p_win,) = win_matrices([(content, texts)], reward)
    return Scores(p_win=mean_win(p_win.astype("float64")), p_beats=p_win.tolist(), model=reward.name)
