# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Scores and rule contributions as features for scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

try:
    import numpy as np
    from sklearn.base import BaseEstimator, TransformerMixin
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError as _error:
    from ._errors import MissingPackageError

    raise MissingPackageError("Transformer needs scikit-learn 1.6: pip install scikit-learn") from _error

from ._errors import InputError
from ._events import Instant
from ._model import Model, Plan, plan_of
from ._score import features
from ._table_types import Ambiguous, Mapped, TableLike

if TYPE_CHECKING:
    import numpy.typing

_UNDATED = "2000-01-01T00:00:00Z"


class Transformer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Makes features of leads: scores, and the contributions of rules.

    ``X`` decides what is scored. If it has a column ``lead`` (or ``lead_id``), each row is a lead as
    of the row's ``at`` (or ``cutoff``), or as of the parameter ``at``; ``touchpoints`` and ``leads``
    hold the leads' histories. Nothing after a row's instant is used, so that these tables may
    contain training and test sets together. Otherwise each row is a profile: columns are the
    model's attributes by name; an array's columns are its numeric attributes in the order of
    declaration.

    There is nothing to learn: `fit` only looks at the columns.

    Parameters
    ----------
    model : Model or Plan
        The model.
    touchpoints, leads, stages : TableLike, optional
        See `read`.
    at : Instant, optional
        The instant of rows that have none.
    contributions : bool, default False
        Whether to add the contributions of rules: ``score.rule``, and ``score.bounds`` for what
        bounds take away or add.
    mapping : Mapped, optional
        See `read`.
    timezone : str, optional
        See `read`.
    ambiguous : {"refuse", "earliest", "latest"}, default "refuse"
        See `read`.

    Attributes
    ----------
    n_features_in_ : int
        The number of columns of ``X``.
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
        """Looks at the columns of ``X``.

        Parameters
        ----------
        X : data frame or array
            The rows.
        y : object, optional
            Ignored.

        Returns
        -------
        Transformer
            The transformer itself.

        Raises
        ------
        InputError
            If ``X`` has neither leads nor attributes of the model.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> profiles = lf.Transformer(lf.example_model("b2b_starter"))
        >>> X = {"industry": ["Machinery", "Retail"]}
        >>> profiles.fit(X).n_features_in_
        1
        """
        plan = plan_of(self.model)
        names = _names(X)
        if names is None:
            X = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan")
            known = _numeric(plan)
            if X.shape[1] > len(known):
                raise InputError(
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
            model = plan.model.to_dict()
            for score in model["scores"]:
                rules = [r["id"] for r in model["rules"] if r["score"] == score["id"]]
                out += [f"{score['id']}.{name}" for name in [*rules, "bounds"]]
        self._features_out: list[str] = out
        return self

    def transform(self, X: Any) -> numpy.typing.NDArray[np.float64]:
        """The features of each row.

        Parameters
        ----------
        X : data frame or array
            The rows, with the columns that `fit` saw.

        Returns
        -------
        ndarray of float
            A row for each row of ``X``; NaN where an exclusion holds.

        Raises
        ------
        InputError
            If ``X`` has other columns than in `fit`, or cannot be read.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> profiles = lf.Transformer(lf.example_model("b2b_starter"))
        >>> X = {"industry": ["Machinery", "Retail"]}
        >>> profiles.fit(X).transform(X).shape
        (2, 3)
        """
        check_is_fitted(self, "n_features_in_")
        plan = plan_of(self.model)
        names = _names(X)
        if names is None:
            X = validate_data(
                self, X, reset=False, dtype=np.float64, ensure_all_finite="allow-nan"
            )
            columns = dict(zip(_numeric(plan), X.T, strict=False))
            return self._profiles(plan, columns, X.shape[0])
        if list(getattr(self, "feature_names_in_", [])) != names:
            raise InputError(
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
        """The names of the features: scores, and contributions of rules.

        Parameters
        ----------
        input_features : object, optional
            Ignored.

        Returns
        -------
        ndarray of str
            The names.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> profiles = lf.Transformer(lf.example_model("b2b_starter"))
        >>> X = {"industry": ["Machinery", "Retail"]}
        >>> profiles.fit(X).get_feature_names_out().tolist()
        ['fit', 'engagement', 'total']
        """
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
    """The names of a data frame's columns; None for an array."""
    if type(X).__module__.partition(".")[0] in {"numpy", "scipy"}:
        return None  # some arrays of SciPy are dicts
    if isinstance(X, dict):
        return [str(c) for c in X]
    if hasattr(X, "columns") and all(isinstance(c, str) for c in X.columns):
        return [str(c) for c in X.columns]
    if hasattr(X, "column_names"):  # pyarrow
        return [str(c) for c in X.column_names]
    return None


def _columns(X: Any) -> dict[str, Any]:
    """The columns of a data frame by name."""
    if isinstance(X, dict):
        return dict(X)
    names = _names(X) or []
    if hasattr(X, "to_pandas") and not hasattr(X, "height"):  # pyarrow
        return {n: X[n].to_pylist() for n in names}
    return {n: X[n].to_list() for n in names}
