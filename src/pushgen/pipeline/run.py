"""Contents in, one chosen push per content out: generate, check, select, part by part and resumable.

`DIR/selections/` holds one row per content that got a text; beside it lie `candidates/`, `verdicts/` and
`rejects/` (contents without a text, and why). Every content ends in exactly one of selections and rejects.
"""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from pushgen.errors import ConfigurationError
from pushgen.guardrails import Policy, check
from pushgen.guardrails.repair import REPAIR
from pushgen.manifest import Manifest, fingerprint, hash_path, write_json, write_manifest
from pushgen.pipeline.workspace import Workspace, part_name, remove_drafts
from pushgen.progress import bar
from pushgen.protocols import GenerationRequest, Generator, Guardrail, RewardModel, Selector
from pushgen.records import Candidate, Content, Selection, Verdict, push_text
from pushgen.selection import SelectionConfig, Terms, choose
from pushgen.settings import as_dict
from pushgen.tables import CANDIDATES, CONTENTS, REJECTS, SELECTIONS, VERDICTS, read_table

DECIDING = ("config.json", "tokenizer.json", "vocabulary.json", "adapter_config.json", "frames.toml")
"""Files that decide a model's output, beside its weights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConfig:
    """How candidates are asked for."""

    styles: tuple[str, ...] = ()
    """Style ids to write in; empty means every style of the taxonomy."""
    per_style: int = 1
    """Candidates per style and content."""
    seed: int = 0
    """Seed of the generator."""
    part_size: int = 50
    """Contents per part: what is lost at most when the process is killed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """The exchangeable parts of a run."""

    generator: Generator
    fallback: Generator
    """Writes the text where no candidate survives the guardrails."""
    rules: Sequence[Guardrail]
    reward: RewardModel
    selector: Selector
    selection: SelectionConfig = field(default_factory=SelectionConfig)
    """What the selector was made from, for the manifest."""
    terms: Terms = field(default_factory=Terms)
    """What choices are held to besides; one run uses them up."""


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a run left behind."""

    contents: int
    candidates: int
    selections: int
    fallbacks: int
    rejects: Mapping[str, int]
    failures: Mapping[str, int]
    """Requests that the generator could not serve, by reason."""
    blocked: Mapping[str, int]
    """Candidates blocked, by rule."""
    warned: Mapping[str, int]
    """Candidates with a warning, by rule."""
    repaired: int
    """Blocked candidates that got a shorter form which passed."""


@dataclass(slots=True)
class _Part:
    """Tables of one part while they grow."""

    candidates: list[Candidate] = field(default_factory=list[Candidate])
    verdicts: list[Verdict] = field(default_factory=list[Verdict])
    selections: list[Selection] = field(default_factory=list[Selection])
    rejects: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def reject(self, content: Content, reason: str) -> None:
        row = {"file": None, "row": None, "field": "content_id", "reason": reason, "value": content.content_id}
        self.rejects.append(row)


def run(
    contents: pl.DataFrame,
    stages: Stages,
    out: Path,
    *,
    styles: Sequence[str],
    config: RunConfig,
    work: Mapping[str, Any],
    input_rejects: pl.DataFrame | None = None,
) -> RunSummary:
    """Writes, checks and chooses one push for every content, and finishes what an earlier, killed run began.

    `contents` is a `tables.CONTENTS` frame without duplicate ids; `styles` the styles to ask for; `work` whatever
    identifies the inputs (hashes of contents and models), so that an output folder is never mixed from two of them.
    """
    if config.per_style < 1 or config.part_size < 1:
        raise ConfigurationError(
            f"per_style and part_size must be at least 1, found {config.per_style} and {config.part_size}"
        )
    started = time.monotonic()
    configuration = as_dict(config) | _beyond_default(stages.selection)
    identity = {"stage": "run", "configuration": configuration, "styles": list(styles), "inputs": dict(work)}
    space = Workspace(out, identity)
    with space.open(), bar("contents", contents.height) as shown:
        remove_drafts(out)
        if input_rejects is not None and input_rejects.height:
            space.write(REJECTS, "input", input_rejects)
        for index, start in enumerate(range(0, contents.height, config.part_size)):
            rows = contents.slice(start, config.part_size)
            name = part_name(index, [space.key, rows["content_id"].to_list()])
            if not space.part(SELECTIONS, name).exists():
                part = _write_part([Content(**row) for row in rows.iter_rows(named=True)], stages, styles, config)
                _save(space, name, part)
            elif stages.terms.taken is not None:
                done = read_table(space.part(SELECTIONS, name), SELECTIONS)
                stages.terms.remember(push_text(*row) for row in done.select("title", "body").iter_rows())
            shown.advance(rows.height)
        summary = _summarise(out, contents.height)
        write_json(out / "summary.json", as_dict(summary))
        dropped = dict(summary.rejects)
        write_manifest(
            out,
            Manifest(
                stage="run",
                configuration={**configuration, "styles": list(styles)},
                inputs={name: str(value) for name, value in work.items()},
                rows_in=contents.height + (0 if input_rejects is None else input_rejects.height),
                rows_out=summary.selections,
                dropped=dropped,
                seed=config.seed,
            ),
            seconds=time.monotonic() - started,
        )
    return summary


def _write_part(contents: Sequence[Content], stages: Stages, styles: Sequence[str], config: RunConfig) -> _Part:
    part = _Part()
    survivors = _written(part, contents, stages.generator, stages.rules, styles, config)
    stranded = [content for content in contents if not survivors.get(content.content_id)]
    rescued = _written(part, stranded, stages.fallback, stages.rules, styles, config) if stranded else {}
    fields: list[tuple[Content, Sequence[Candidate]]] = []
    for content in contents:
        texts = survivors.get(content.content_id) or rescued.get(content.content_id)
        if texts or content.content_id in stages.terms.incumbents:
            fields.append((content, texts or []))
        else:
            part.reject(
                content, "no text passed the guardrails" if content.source_text.strip() else "no title or caption"
            )
    fallbacks = {content.content_id for content in stranded}
    part.selections = choose(fields, stages.reward, stages.selector, terms=stages.terms, fallbacks=fallbacks)
    return part


def _written(
    part: _Part,
    contents: Sequence[Content],
    generator: Generator,
    rules: Sequence[Guardrail],
    styles: Sequence[str],
    config: RunConfig,
) -> dict[str, list[Candidate]]:
    """Candidates of one generator that pass, by content id. Adds candidates, verdicts and failures to the part."""
    requests = [
        GenerationRequest(content=content, style=style, index=index, seed=config.seed)
        for content in contents
        for style in styles
        for index in range(config.per_style)
    ]
    by_content: dict[str, list[Candidate]] = {content.content_id: [] for content in contents}
    known = {candidate.candidate_id for candidate in part.candidates}
    for request, outcome in zip(requests, generator.generate(requests), strict=True):
        if isinstance(outcome, Candidate):
            if outcome.candidate_id not in known:
                by_content[outcome.content_id].append(outcome)
        else:
            # Not a rejected content: the other styles of this content may still succeed.
            row = {"file": None, "row": None, "field": request.style, "reason": f"not written: {outcome.reason}"}
            part.rejects.append({**row, "value": request.content.content_id})
    passed: dict[str, list[Candidate]] = {}
    for content in contents:
        candidates = by_content[content.content_id]
        part.candidates.extend(candidates)
        checked = check(content, candidates, rules)
        part.candidates.extend(checked.repaired)
        part.verdicts.extend(checked.verdicts)
        passed[content.content_id] = checked.survivors
    return passed


def _save(space: Workspace, name: str, part: _Part) -> None:
    space.write(CANDIDATES, name, CANDIDATES.frame(part.candidates))
    space.write(VERDICTS, name, VERDICTS.frame(part.verdicts))
    space.write(REJECTS, name, pl.DataFrame(part.rejects, schema=REJECTS.schema))
    # The committing table: a part exists once its selections do.
    space.write(SELECTIONS, name, selections_frame(part.selections))


def selections_frame(selections: Sequence[Selection]) -> pl.DataFrame:
    """Selections as a `tables.SELECTIONS` frame."""
    rows = [as_dict(selection) for selection in selections]
    return pl.DataFrame(rows, schema=SELECTIONS.schema)


def _summarise(out: Path, contents: int) -> RunSummary:
    """Counts from what lies on disk, so that a resumed run reports the whole."""
    selections = read_table(out / "selections", SELECTIONS) if contents else SELECTIONS.frame([])
    candidates = read_table(out / "candidates", CANDIDATES) if contents else CANDIDATES.frame([])
    verdicts = read_table(out / "verdicts", VERDICTS) if contents else VERDICTS.frame([])
    has_rejects = contents or (out / "rejects").is_dir()
    rejects = read_table(out / "rejects", REJECTS) if has_rejects else pl.DataFrame(schema=REJECTS.schema)
    reasons = Counter[str](rejects["reason"].to_list())
    failures = {reason: count for reason, count in sorted(reasons.items()) if reason.startswith("not written: ")}
    findings = {
        severity: Counter[str](
            verdicts.filter(pl.col("severity") == severity).unique(["candidate_id", "rule"])["rule"].to_list()
        )
        for severity in ("block", "warn")
    }
    written = int(candidates["repaired_from"].is_null().sum())
    return RunSummary(
        contents=contents,
        candidates=written,
        selections=selections.height,
        fallbacks=int(selections["fallback"].sum()),
        rejects={reason: count for reason, count in sorted(reasons.items()) if reason not in failures},
        failures=failures,
        blocked=dict(sorted(findings["block"].items())),
        warned={rule: count for rule, count in sorted(findings["warn"].items()) if rule != REPAIR},
        repaired=candidates.height - written,
    )


def _beyond_default(selection: SelectionConfig) -> dict[str, Any]:
    """The configuration of the choice where it is not the default one, so that plain runs keep their identity."""
    return {} if selection == SelectionConfig() else {"selection": as_dict(selection)}


def work_of(
    contents: pl.DataFrame,
    generator: str,
    reward: Path,
    policy: Policy | None = None,
    past: Path | None = None,
    *,
    bounds: Path | None = None,
    incumbents: Path | None = None,
    generator_config: Path | None = None,
) -> dict[str, str]:
    """What identifies the inputs of a run: hashes of contents, models, settings, guardrails, past pushes and terms."""
    folder = Path(generator)
    rules = {} if policy is None else {"guardrails": fingerprint(as_dict(policy))}
    return {
        **rules,
        **({} if past is None else {"past": hash_path(past)}),
        **({} if bounds is None else {"bounds": hash_path(bounds)}),
        **({} if incumbents is None else {"incumbents": hash_path(incumbents)}),
        **({} if generator_config is None else {"generator configuration": hash_path(generator_config)}),
        "contents": fingerprint(CONTENTS.conform(contents).to_dicts()),
        "generator": _hash_model(folder) if folder.is_dir() else generator,
        "reward": _hash_model(reward),
    }


def _hash_model(folder: Path) -> str:
    """Of what decides the model's output, parts in folders of their own included; cards may lie beside it."""
    files = sorted(file for file in folder.rglob("*") if file.name in DECIDING or file.suffix == ".safetensors")
    return fingerprint({file.relative_to(folder).as_posix(): hash_path(file) for file in files})
