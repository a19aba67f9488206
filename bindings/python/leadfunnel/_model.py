# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Models and their compiled plans."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from . import _core, parts
from ._conditions import Condition
from ._core import Model as _CoreModel
from ._encode import encode
from ._errors import Error, Issue, ModelError, UnknownNameError, UsageError, path_of
from ._files import read_file, shipped
from ._part import Part, encode_member
from ._results import Diagram


class Plan:
    """A compiled model: immutable, cheap to pass around, safe in any number of threads.

    `Model.plan` makes it.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> plan = lf.example_model("b2b_starter").plan
    >>> plan.scores
    ['fit', 'engagement', 'total']
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self._core = model._core.compile()

    @property
    def model(self) -> Model:
        """Model : The model that was compiled."""
        return self._model

    @property
    def scores(self) -> list[str]:
        """list of str : The names of the scores, derived ones last."""
        return self._core.scores

    @property
    def bandings(self) -> list[str]:
        """list of str : The names of the bandings."""
        return self._core.bandings

    @property
    def matrices(self) -> list[str]:
        """list of str : The names of the matrices."""
        return self._core.matrices

    @property
    def warnings(self) -> list[Issue]:
        """list of Issue : The warnings."""
        return [self._model._locate(i) for i in self._core.warnings]

    def __reduce__(self) -> tuple[type[Plan], tuple[Model]]:
        return Plan, (self._model,)

    def __repr__(self) -> str:
        return _core.printable(f"<Plan of {self._model.id!r}: {', '.join(self.scores)}>")


class Model(parts.ModelMembers):
    """A model: the scores of leads, the rules that earn points, and the funnels leads move in.

    Make one from a file, or from parts. `check` lists all mistakes at once; without it, the first
    use raises them. ``docs/model.md`` describes every member.

    Raises
    ------
    ModelError
        If the parts are nested too deep, or contain a value that no model file can hold.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> model = lf.Model(
    ...     "first",
    ...     properties=["url"],
    ...     touchpoints=["page_view", "seminar"],
    ...     scores=[lf.Score("engagement", max=100)],
    ...     rules=[
    ...         lf.Occurrence(
    ...             "pricing",
    ...             score="engagement",
    ...             on=lf.Pattern("page_view", where=lf.property("url").glob("/pricing/*")),
    ...             points=25,
    ...             limits=lf.per_week(1),
    ...             decay=lf.HalfLife("30d"),
    ...         )
    ...     ],
    ... )
    >>> [str(i) for i in model.check() if i.severity == "error"]
    []
    >>> model.rules[0].decay
    HalfLife(period='30d')
    """

    _core: _CoreModel
    _dict: dict[str, Any] | None
    _plan: Plan | None
    # The place of a pointer in the text, if the JSON that was parsed is not the user's text: for
    # YAML, the place there; for models made in code, none.
    _place: Callable[[str], tuple[int, int]] | None

    def _build(self, said: Mapping[str, object]) -> None:
        self._take(
            _made_of(
                lambda: {
                    k: encode_member(v, k in self._lists, self._named.get(k))
                    for k, v in said.items()
                    if v is not None
                }
            ),
            _nowhere,
        )

    def _take(self, core: _CoreModel, place: Callable[[str], tuple[int, int]] | None) -> None:
        self._core = core
        self._dict = None
        self._plan = None
        self._place = place

    @classmethod
    def _of(
        cls, core: _CoreModel, place: Callable[[str], tuple[int, int]] | None = None
    ) -> Model:
        out = cls.__new__(cls)
        out._take(core, place)
        return out

    # ---- from elsewhere

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Model:
        """Reads a model file.

        Parameters
        ----------
        path : str or path
            The file: YAML if it ends in ``.yaml`` or ``.yml``, else JSON, with or without comments.

        Returns
        -------
        Model
            The model. `check` reports mistakes in its text.

        Raises
        ------
        OSError
            If the file cannot be read, or is no regular file.
        ModelError
            If the text is no YAML, or exceeds the limits of `from_yaml`.

        Examples
        --------
        >>> import tempfile
        >>> import leadfunnel as lf
        >>> with tempfile.NamedTemporaryFile(suffix=".json") as file:
        ...     _ = file.write(b'{"id": "m", "scores": [{"id": "fit"}], "rules": []}')
        ...     file.flush()
        ...     lf.Model.load(file.name).id
        'm'
        """
        path = Path(path_of(path))
        text = read_file(path)
        if path.suffix.lower() in {".yaml", ".yml"}:
            return cls._from_yaml(text, str(path))
        return cls._of(_core.Model.parse(text, str(path)))

    @classmethod
    def from_json(cls, text: str, file: str = "") -> Model:
        """Reads a model from JSON.

        Parameters
        ----------
        text : str
            The JSON, with or without comments.
        file : str, default ""
            The name that issues give the text.

        Returns
        -------
        Model
            The model. `check` reports mistakes in the text.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> lf.Model.from_json('{"id": "m", "scores": [{"id": "fit"}], "rules": []}').id
        'm'
        """
        if not isinstance(text, str):
            raise UsageError(f"JSON is text, not {type(text).__name__}")
        return cls._of(_parsed(text, file))

    @classmethod
    def from_dict(cls, content: Mapping[str, object]) -> Model:
        """Makes a model of a dict of the shape of a model file.

        Parameters
        ----------
        content : dict
            The dict.

        Returns
        -------
        Model
            The model. `check` reports mistakes in it.

        Raises
        ------
        ModelError
            If the dict contains a value that no model file can hold.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> lf.Model.from_dict({"id": "m", "scores": [{"id": "fit"}], "rules": []}).id
        'm'
        """
        return cls._of(_made_of(lambda: encode(content)), _nowhere)

    @classmethod
    def from_yaml(cls, source: str | os.PathLike[str]) -> Model:
        """Reads a model from YAML. Needs PyYAML.

        Issues have the lines and columns of the YAML. Scalars follow the core schema of YAML 1.2:
        ``on`` and ``no`` are texts. A text has at most 200,000 values, and an alias counts as all
        that it stands for; write larger models in JSON.

        Parameters
        ----------
        source : str or path
            The text, if it has a line break, else the path of a file.

        Returns
        -------
        Model
            The model. `check` reports mistakes in it.

        Raises
        ------
        OSError
            If the file cannot be read, or is no regular file.
        ModelError
            If the text is no YAML, or exceeds the limits.
        MissingPackageError
            If PyYAML is not installed.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> lf.Model.from_yaml("id: m\\nscores:\\n  - id: fit\\nrules: []\\n").id
        'm'
        """
        if isinstance(source, str) and "\n" in source:
            return cls._from_yaml(source, "")
        path = path_of(source)
        return cls._from_yaml(read_file(path), str(Path(path)))

    @classmethod
    def _from_yaml(cls, text: str | bytes, file: str) -> Model:
        from . import _yaml

        json_text, root = _yaml.read(text, file)
        return cls._of(_parsed(json_text, file), root.place)

    # ---- to elsewhere

    def to_dict(self) -> dict[str, Any]:
        """The model as a dict of the shape of a model file, without members at their defaults.

        Returns
        -------
        dict
            The dict; `from_dict` makes an equal model of it.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> lf.Model("m", scores=["fit"], rules=[]).to_dict()["scores"]
        [{'id': 'fit'}]
        """
        out: dict[str, Any] = json.loads(self.to_json())
        return out

    def to_json(self) -> str:
        """The model as indented JSON.

        Returns
        -------
        str
            The text; `from_json` makes an equal model of it.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> lf.Model("m", scores=["fit"], rules=[]).to_json().splitlines()[1]
        '    "id": "m",'
        """
        return self._core.write()

    # ---- use

    def check(self) -> list[Issue]:
        """Everything that is wrong with the model.

        Returns
        -------
        list of Issue
            Errors and warnings, in the order of the model's text.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> model = lf.Model.from_dict({"id": "m", "scores": [{"id": "fit", "maximum": 5}], "rules": []})
        >>> print(model.check()[0].message)
        unknown key 'maximum'
        """
        return [self._locate(i) for i in self._core.check()]

    def _locate(self, issue: Issue) -> Issue:
        """The issue with its place in the user's text."""
        import dataclasses

        if self._place is None:
            return issue
        line, column = self._place(issue.pointer)
        return dataclasses.replace(issue, line=line, column=column)

    @property
    def plan(self) -> Plan:
        """Plan : The compiled model.

        Raises `ModelError`, which lists all issues, if the model has errors.
        """
        if self._plan is None:
            try:
                self._plan = Plan(self)
            except ModelError as e:
                raise ModelError([self._locate(i) for i in e.issues]) from None
        return self._plan

    def compile(self) -> Plan:
        """The compiled model; the same as `plan`.

        Returns
        -------
        Plan
            The plan.

        Raises
        ------
        ModelError
            If the model has errors; it lists all issues.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> lf.example_model("b2b_starter").compile().scores
        ['fit', 'engagement', 'total']
        """
        return self.plan

    def diagram(
        self,
        funnel: str | None = None,
        format: Literal["mermaid", "dot"] = "mermaid",
        *,
        left_to_right: bool = False,
        conditions: bool = True,
    ) -> Diagram:
        """A funnel as a picture; see `diagram`.

        Parameters
        ----------
        funnel : str, optional
            The funnel; may be left out if there is only one.
        format : {"mermaid", "dot"}, default "mermaid"
            The language.
        left_to_right : bool, default False
            The direction; otherwise from top to bottom.
        conditions : bool, default True
            Whether edges show their guards.

        Returns
        -------
        Diagram
            The picture.

        Raises
        ------
        UnknownNameError
            If the model has no such funnel.
        UsageError
            If the model has several funnels and none is named.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> str(lf.preset("demand_waterfall_2006").diagram()).splitlines()[0]
        'flowchart TB'
        """
        return diagram(
            self, funnel, format, left_to_right=left_to_right, conditions=conditions
        )

    def __getattr__(self, name: str) -> Any:
        # Members are made into parts when they are first read.
        if name.startswith("_") or name not in self._members:
            raise AttributeError(f"a Model has no attribute {name!r}")
        if self._dict is None:
            self._dict = self.to_dict()
        if name not in self._dict:
            return _DEFAULTS.get(name, [] if name in self._lists else None)
        return _part_of(self._dict[name], parts.SHAPES["model"].get(name))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Model) and self._core.same(other._core)

    def __hash__(self) -> int:
        return hash(self.to_json())

    def __reduce__(self) -> tuple[Any, tuple[str, str]]:
        return _unpickle, (self.to_json(), self._core.file)

    def __repr__(self) -> str:
        scores = ", ".join(s.id for s in self.scores)
        return _core.printable(f"<Model {self.id!r}: {scores}; {len(self.rules)} rules>")

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._members]


_DEFAULTS = {"version": "", "description": "", "time_zone": "UTC", "decay_grid": "1h"}


def _unpickle(text: str, file: str) -> Model:
    return Model._of(_parsed(text, file), _nowhere)  # its text is not the file's


def _parsed(text: str, file: str = "") -> _CoreModel:
    # A lone surrogate, which a `str` may have, is reported as bytes that are not UTF-8.
    return _core.Model.parse(text.encode("utf-8", "surrogatepass"), file)


def _made_of(encoded: Callable[[], object]) -> _CoreModel:
    try:
        said = encoded()
        return _parsed(json.dumps(said, ensure_ascii=False))
    except Error:
        raise
    except (ValueError, TypeError, ArithmeticError) as e:  # such as an int of thousands of digits
        why = str(e)
    except RecursionError:
        why = "the parts of the model are nested too deep, or contain themselves"
    raise ModelError([Issue("too_large", "error", "", 0, 0, "", why)])


def _nowhere(pointer: str) -> tuple[int, int]:
    return 0, 0


def _part_of(said: Any, shape: object) -> Any:
    """A part of a model from its JSON."""
    if shape is None:
        return said
    if isinstance(said, list):
        elements: list[Any] = said
        if shape == "pattern" and all(isinstance(e, str) for e in elements):
            return elements  # types of touchpoints, which stand for one pattern
        return [_part_of(one, shape) for one in elements]
    return _one_part_of(said, shape)


def _one_part_of(said: Any, shape: object) -> Any:
    if shape == "condition":
        return Condition(said)
    if isinstance(shape, dict):
        by_kind = {parts.BY_NAME[n]._kind: n for n in shape["kinds"]}
        shape = by_kind[said["kind"]]
    if not isinstance(said, dict):  # a shorthand
        return said
    inner = parts.SHAPES[str(shape)]
    members = {
        k + "_" if k in {"from", "in"} else k: _part_of(v, inner.get(k))
        for k, v in said.items()
        if k != "kind"
    }
    made: Part = parts.BY_NAME[str(shape)](**members)
    return made


def plan_of(model: Model | Plan) -> Plan:
    """The plan of a model, or the plan itself."""
    if isinstance(model, Plan):
        return model
    if isinstance(model, Model):
        return model.plan
    raise UsageError(f"a Model or Plan is due, not {type(model).__name__}; see Model.load")


# ---- what comes with the package


def example_models() -> list[str]:
    """Names of the models that come with the package.

    Returns
    -------
    list of str
        The names, for `example_model`.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> "b2b_starter" in lf.example_models()
    True
    """
    return list(shipped("models"))


def example_model(name: str) -> Model:
    """A model that comes with the package, to start from.

    Parameters
    ----------
    name : str
        One of `example_models`.

    Returns
    -------
    Model
        The model.

    Raises
    ------
    UnknownNameError
        If there is no such model.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> [s.id for s in lf.example_model("b2b_starter").scores]
    ['fit', 'engagement']
    """
    found = shipped("models")
    if name not in found:
        raise UnknownNameError(f"there is no model {name!r}; there are {', '.join(found)}")
    return Model.load(found[name])


def presets() -> list[str]:
    """Names of the known demand waterfalls that come as models.

    Returns
    -------
    list of str
        The names, for `preset`.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> "demand_waterfall_2006" in lf.presets()
    True
    """
    return [n for n in shipped("models") if "waterfall" in n or n == "consideration_funnel"]


def preset(name: str) -> Model:
    """A known demand waterfall as a model: stages and transitions, with its sources.

    Parameters
    ----------
    name : str
        One of `presets`.

    Returns
    -------
    Model
        The model.

    Raises
    ------
    UnknownNameError
        If there is no such preset.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> lf.preset("demand_waterfall_2006").funnels[0].stages[0].id
    'inquiry'
    """
    if name not in presets():
        raise UnknownNameError(f"there is no preset {name!r}; there are {', '.join(presets())}")
    return example_model(name)


def diagram(
    model: Model,
    funnel: str | None = None,
    format: Literal["mermaid", "dot"] = "mermaid",
    *,
    left_to_right: bool = False,
    conditions: bool = True,
) -> Diagram:
    """A funnel as a picture, which notebooks draw.

    Parameters
    ----------
    model : Model
        The model.
    funnel : str, optional
        The funnel; may be left out if there is only one.
    format : {"mermaid", "dot"}, default "mermaid"
        The language; ``"dot"`` is Graphviz.
    left_to_right : bool, default False
        The direction; otherwise from top to bottom.
    conditions : bool, default True
        Whether edges show their guards.

    Returns
    -------
    Diagram
        The picture.

    Raises
    ------
    UnknownNameError
        If the model has no such funnel.
    UsageError
        If the model has several funnels and none is named, or the format is unknown.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> print(str(lf.diagram(lf.preset("demand_waterfall_2006"))).splitlines()[0])
    flowchart TB
    """
    if format not in ("mermaid", "dot"):
        raise UsageError(f"a diagram is 'mermaid' or 'dot', not {format!r}")
    name = funnel
    if name is None:
        names: list[str] = [f.id for f in model.funnels]
        if len(names) != 1:
            raise UsageError(f"say which funnel: the model has {', '.join(names) or 'none'}")
        name = names[0]
    return Diagram(model._core.diagram(name, format, left_to_right, conditions), format)
