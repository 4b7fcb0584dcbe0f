"""Re-estimate the weights from labelled reports, with the present ones as prior, and say what that changes.

Two steps. The m and u of each level are shares among pairs of one child and among random pairs, where the present
numbers count for 30 pairs. Then each comparison's scale: comparisons are not independent, so that their bits add up to
too much; a logistic regression of "the same child" on the bits of each comparison, over the pairs that a ranking puts
first, says how much of each is left (ridge towards the present scales).
"""

import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from matching.growing import Floats
from matching.labelled import LabelError, Labelled
from matching.model import Model, Table
from matching.ranking import Index

_PRIOR_PAIRS = 30.0
_RANDOM_PAIRS = 300
_DEPTH = 20
_RIDGE = 5.0
_STEPS = 50
_LEAST_SCALE, _MOST_SCALE = 0.1, 1.5
_SHOWN = 0.05
Counts = Mapping[str, tuple[Floats, Floats]]
Tick = Callable[[], None]


class FitError(LabelError):
    """There is too little to fit on; says how much is needed."""


@dataclass(frozen=True, slots=True)
class Quality:
    """On pairs: the share whose missing report is ranked first, the loss in bits a returned pair, and the expected
    calibration error in tenths."""

    recall_at_1: float
    loss: float
    calibration_error: float


@dataclass(frozen=True, slots=True)
class _Leading:
    """The rows that lead for some queries: bits a comparison (pairs, comparisons), the prior's bits, what is true."""

    bits: Floats
    prior: float
    true: Floats
    first: Floats


def fit(model: Model, labelled: Labelled, version: str, tick: Tick = lambda: None) -> Model:
    """A model of this version fitted on the pairs; raises FitError for fewer than 50."""
    if len(labelled.pairs) < 50:
        raise FitError(
            f"Fitting needs at least 50 confirmed pairs beside those held out; there are {len(labelled.pairs)}."
        )
    counted = _tables(model, _count(model, labelled, tick))
    fitted = replace(model, tables=counted, version=version)
    return replace(fitted, scales=_scales(fitted, labelled, tick))


def quality(model: Model, labelled: Labelled, tick: Tick = lambda: None) -> Quality:
    """How well the model does on the pairs."""
    lead = _leading(model, labelled, tick)
    scales = np.array([model.scales[name] for name in _names(model)])
    total = (lead.bits @ scales + lead.prior) * np.log(2)
    loss = np.where(lead.true > 0, np.logaddexp(0, -total), np.logaddexp(0, total)).mean() / np.log(2)
    share = 1 / (1 + np.exp(-total))
    tenth = np.minimum((share * 10).astype(int), 9)
    kept = share >= 0.01
    error = sum(
        abs(float(share[here].mean() - lead.true[here].mean())) * here.sum() / max(1, kept.sum())
        for one in range(10)
        if (here := kept & (tenth == one)).any()
    )
    recall = float((lead.true * lead.first).sum() / max(1, len(labelled.pairs)))
    return Quality(recall, float(loss), float(error))


def changes(old: Model, new: Model) -> Iterator[str]:
    """A line for each number that changed by more than a twentieth of a bit, or a scale by as much."""
    for name, scale in new.scales.items():
        if abs(scale - old.scales[name]) >= _SHOWN:
            yield f"{name}: scale {old.scales[name]:.2f} → {scale:.2f}"
    for name, table in new.tables.items():
        before, after = (np.log2(one.m / one.u) for one in (old.tables[name], table))
        for row, group in enumerate(table.classes):
            for column, level in enumerate(table.levels):
                if abs(after[row, column] - before[row, column]) >= _SHOWN:
                    yield f"{name}.{group}.{level}: {before[row, column]:+.2f} → {after[row, column]:+.2f} bits"


def _names(model: Model) -> tuple[str, ...]:
    return Index(model, "missing").comparisons()


def _index(model: Model, labelled: Labelled) -> Index:
    index = Index(model, "missing")
    for one in labelled.missing.values():
        index.put(one)
    return index


def _count(model: Model, labelled: Labelled, tick: Tick) -> Counts:
    """For each comparison how often each level stands among true pairs and among random ones."""
    draw = random.Random(1)  # noqa: S311 - which rows are drawn is no secret
    index = _index(model, labelled)
    shapes = {name: model.tables[name].m.shape for name in index.comparisons() if name in model.tables}
    result = {name: (np.zeros(shape), np.zeros(shape)) for name, shape in shapes.items()}
    ids = index.ids()
    for missing_id, found_id in sorted(labelled.pairs):
        drawn = draw.sample(ids, min(_RANDOM_PAIRS, len(ids)))
        codes = index.codes(labelled.found[found_id], [missing_id, *drawn])
        for name, (same, other) in result.items():
            if codes[name][0]:
                same.flat[codes[name][0] - 1] += 1
            np.add.at(other.reshape(-1), codes[name][1:][codes[name][1:] > 0] - 1, 1)
        tick()
    return result


def _tables(model: Model, counts: Counts) -> dict[str, Table]:
    tables = dict(model.tables)
    for name, (same, other) in counts.items():
        table = tables[name]
        seen = same.sum(axis=1, keepdims=True) > 0
        m, u = (
            (counted + _PRIOR_PAIRS * prior) / (counted.sum(axis=1, keepdims=True) + _PRIOR_PAIRS)
            for counted, prior in ((same, table.m), (other, table.u))
        )
        tables[name] = replace(table, m=np.where(seen, m, table.m), u=np.where(seen, u, table.u))
    return tables


def _leading(model: Model, labelled: Labelled, tick: Tick) -> _Leading:
    """What a ranking by this model puts first, with the bits of each comparison as they are before scaling."""
    index = _index(model, labelled)
    partner = {found_id: missing_id for missing_id, found_id in labelled.pairs}
    # As many reports without a partner as with one, and the prior that goes with it.
    alone = labelled.alone[: len(partner)]
    scales = np.array([model.scales[name] for name in index.comparisons()])
    bits, true, first = [], [], []
    for found_id in [*partner, *alone]:
        leading = index.bits(labelled.found[found_id], _DEPTH)
        bits.append(leading.bits / scales)
        true.append([float(one == partner.get(found_id)) for one in leading.ids])
        first.append([1.0] + [0.0] * (len(leading.ids) - 1))
        tick()
    share = len(partner) / max(1, len(partner) + len(alone))
    return _Leading(np.concatenate(bits), index.prior(share), np.concatenate(true), np.concatenate(first))


def _scales(model: Model, labelled: Labelled, tick: Tick) -> dict[str, float]:
    """By Newton's method; the penalty is the squared distance from the present scales."""
    names = _names(model)
    lead = _leading(model, labelled, tick)
    before = np.array([model.scales[name] for name in names])
    factors, offset, scales = lead.bits * np.log(2), lead.prior * np.log(2), before.copy()
    for _ in range(_STEPS):
        share = 1 / (1 + np.exp(-(factors @ scales + offset)))
        slope = factors.T @ (lead.true - share) - _RIDGE * (scales - before)
        curve = (factors.T * (share * (1 - share))) @ factors + _RIDGE * np.eye(len(scales))
        scales = scales + np.linalg.solve(curve, slope)
    bounded = np.clip(scales, _LEAST_SCALE, _MOST_SCALE)
    return {name: round(float(scale), 3) for name, scale in zip(names, bounded, strict=True)}


def rewrite(text: str, new: Model, source: str) -> str:
    """A weights file with the model's version and scales, and m, u and source of every comparison that is counted by
    levels; all else, comments too, stays."""
    text = re.sub(r'(?m)^version = ".*"$', f'version = "{new.version}"', text)
    text = _set(text, "scale", "source", f'"{source}"')
    for name, scale in new.scales.items():
        text = _set(text, "scale", name, f"{scale:.3g}")
    for name in (name for name in new.scales if name in new.tables):
        for number, group in enumerate(new.tables[name].classes):
            section = f"comparison.{name}.class.{group}"
            text = _set(text, section, "source", f'"{source}"')
            text = _set(text, section, "m", _plain(new.tables[name].m[number]))
            text = _set(text, section, "u", _plain(new.tables[name].u[number]))
    return text


def _set(text: str, section: str, key: str, value: str) -> str:
    pattern = rf"(?m)(^\[{re.escape(section)}\]\n(?:(?!\[).*\n)*?){re.escape(key)} = .*$"
    return re.sub(pattern, lambda found: f"{found[1]}{key} = {value}", text, count=1)


def _plain(numbers: Floats) -> str:
    shown = (f"{number:.3g}" for number in numbers)
    return "[" + ", ".join(f"{float(one):.8f}" if "e" in one else one for one in shown) + "]"
