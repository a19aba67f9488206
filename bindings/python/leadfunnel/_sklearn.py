# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Scores and rule contributions as features for scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

try:
    import numpy as np
    from sklearn.base import BaseEstimator, TransformerMixin
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError as _error:
    raise ImportError("Transformer needs scikit-learn 1.6: pip install scikit-learn") from _error

from ._errors import InputError
from ._events import Instant
from ._model import Model, Plan
from ._score import _plan_of, features
from ._tables import Ambiguous, Mapped, TableLike, arrow_table

if TYPE_CHECKING:
    import numpy.typing

_UNDATED = "2000-01-01T00:00:00Z"


class Transformer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Makes features of leads: scores, and what each rule contributes to them.

    What ``X`` is decides what is scored. If it has a column ``lead`` (or ``lead_id``), its rows are
    leads, each as of its column ``at`` (or ``cutoff``), or as of the parameter ``at``; what they did
    is in ``touchpoints``, what is known of them in ``leads``. Nothing after a row's instant is used,
    so that rows of training and test sets need not be kept apart in these tables. Otherwise rows are
    profiles: columns are the model's attributes by name, or, of an array, its numeric attributes in
    order of declaration.

    There is nothing to learn: `fit` looks at columns alone.

    Parameters
    ----------
    model : Model or Plan
        The model.
    touchpoints, leads, stages : table, optional
        See `read`.
    at : instant, optional
        As of when rows are scored that do not say it.
    contributions : bool
        Whether rules' contributions are features, too: ``score.rule``, and ``score.bounds`` for
        what bounds take away or add.
    mapping, timezone, ambiguous
        See `read`.

    Attributes
    ----------
    n_features_in_ : int
        Columns of ``X``.
    feature_names_in_ : ndarray of str
        Their names, if they have any.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> import polars as pl
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> transformer = lf.Transformer(
    ...     lf.example_model("b2b_starter"),
    ...     touchpoints={"lead": ["L-1"], "at": ["2026-04-01T09:00:00Z"], "type": ["inquiry"]},
    ... )
    >>> rows = pl.DataFrame({"lead": ["L-1", "L-2"], "at": ["2026-05-01T00:00:00Z"] * 2})
    >>> make_pipeline(transformer, StandardScaler()).fit_transform(rows).shape
    (2, 3)
    >>> transformer.get_feature_names_out().tolist()
    ['fit', 'engagement', 'total']
    """

    n_features_in_: int
    feature_names_in_: numpy.typing.NDArray[np.object_]

    def __init__(
        self,
        model: Model | Plan,
        *,
        touchpoints: TableLike = None,
        leads: TableLike = None,
        stages: TableLike = None,
        at: Instant | None = None,
        contributions: bool = False,
        mapping: Mapped = None,
        timezone: str | None = None,
        ambiguous: Ambiguous = "refuse",
    ) -> None:
        self.model = model
        self.touchpoints = touchpoints
        self.leads = leads
        self.stages = stages
        self.at = at
        self.contributions = contributions
        self.mapping = mapping
        self.timezone = timezone
        self.ambiguous: Ambiguous = ambiguous

    def fit(self, X: Any, y: Any = None) -> Self:
        """Looks at the columns of ``X``; ``y`` is ignored."""
        plan = _plan_of(self.model)
        names = _names(X)
        if names is None:
            X = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan")
            known = _numeric(plan)
            if X.shape[1] > len(known):
                raise ValueError(
                    f"X has {X.shape[1]} columns, but the model declares {len(known)} numeric "
                    "attributes; give a data frame, whose columns have names"
                )
        else:
            self.feature_names_in_ = np.array(names, dtype=object)
            self.n_features_in_ = len(names)
            if not self._has_leads(names):
                attributes = plan._core.attributes
                if not set(names) & set(attributes):
                    raise InputError(
                        f"X has neither a column 'lead' nor an attribute of the model: it has "
                        f"{', '.join(names)}; the model declares {', '.join(attributes)}"
                    )
        out = list(plan.scores)
        if self.contributions:
            said = plan.model.to_dict()
            for score in said["scores"]:
                rules = [r["id"] for r in said["rules"] if r["score"] == score["id"]]
                out += [f"{score['id']}.{name}" for name in [*rules, "bounds"]]
        self._features_out: list[str] = out
        return self

    def transform(self, X: Any) -> numpy.typing.NDArray[np.float64]:
        """Features of each row; NaN where a lead is excluded from a score."""
        check_is_fitted(self, "n_features_in_")
        plan = _plan_of(self.model)
        names = _names(X)
        if names is None:
            X = validate_data(
                self, X, reset=False, dtype=np.float64, ensure_all_finite="allow-nan"
            )
            columns = dict(zip(_numeric(plan), X.T, strict=False))
            return self._profiles(plan, columns, X.shape[0])
        if list(getattr(self, "feature_names_in_", [])) != names:
            raise ValueError(
                f"X has the columns {', '.join(names)}; fit was given "
                f"{', '.join(getattr(self, 'feature_names_in_', ['none with names']))}"
            )
        rows = _columns(X)
        n = len(next(iter(rows.values())))
        if not self._has_leads(names):
            known = {n: rows[n] for n in names if n in plan._core.attributes}
            return self._profiles(plan, known, n)
        if not {"at", "cutoff", "as_of"} & set(names):
            if self.at is None:
                raise InputError("say as of when: X has no column 'at', and the parameter is not given")
            rows["at"] = [self.at] * n
        wanted = {
            "lead": rows["lead" if "lead" in rows else "lead_id"],
            "at": rows[next(c for c in ("at", "cutoff", "as_of") if c in rows)],
        }
        table = features(
            plan,
            self.leads,
            self.touchpoints,
            stages=self.stages,
            cutoffs=wanted,
            contributions=self.contributions,
            mapping=self.mapping,
            timezone=self.timezone,
            ambiguous=self.ambiguous,
            progress=False,
        )
        return self._matrix(table)

    def _profiles(
        self, plan: Plan, columns: dict[str, Any], n: int
    ) -> numpy.typing.NDArray[np.float64]:
        ids = [str(i) for i in range(n)]
        at = _UNDATED if self.at is None else self.at
        return self._matrix(
            features(
                plan,
                {"lead": ids, **columns},
                cutoffs={"lead": ids, "at": [at] * n},
                contributions=self.contributions,
                timezone=self.timezone,
                ambiguous=self.ambiguous,
                strict=True,
                progress=False,
            )
        )

    def _matrix(self, table: Any) -> numpy.typing.NDArray[np.float64]:
        frame = table._frame()
        out: numpy.typing.NDArray[np.float64] = np.column_stack(
            [frame.numpy(name)[1] for name in self._features_out]
        )
        return out

    def get_feature_names_out(self, input_features: Any = None) -> numpy.typing.NDArray[np.object_]:
        """Names of the features: those of scores, and of rules behind them."""
        check_is_fitted(self, "n_features_in_")
        return np.array(self._features_out, dtype=object)

    @staticmethod
    def _has_leads(names: list[str]) -> bool:
        return "lead" in names or "lead_id" in names

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.requires_fit = True
        return tags


def _numeric(plan: Plan) -> list[str]:
    return [name for name, type in plan._core.attributes.items() if type == "number"]


def _names(X: Any) -> list[str] | None:
    """Names of the columns of a data frame; nothing for an array."""
    if type(X).__module__.partition(".")[0] in {"numpy", "scipy"}:
        return None  # some of SciPy's arrays are dicts
    if isinstance(X, dict):
        return [str(c) for c in X]
    if hasattr(X, "columns") and all(isinstance(c, str) for c in X.columns):
        return [str(c) for c in X.columns]
    if hasattr(X, "column_names"):  # pyarrow
        return [str(c) for c in X.column_names]
    return None


def _columns(X: Any) -> dict[str, Any]:
    """A data frame's columns, as what tables are made of."""
    if isinstance(X, dict):
        return dict(X)
    names = _names(X) or []
    if hasattr(X, "to_pandas") and not hasattr(X, "height"):  # pyarrow
        return {n: X[n].to_pylist() for n in names}
    return {n: X[n].to_list() for n in names}
