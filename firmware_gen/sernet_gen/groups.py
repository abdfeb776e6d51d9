"""Which operators of a network may run as one."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from sernet_cal.errors import ModelError
from sernet_cal.qmodel_types import Concatenation, Convolution, Operator, Pool, QModel, inputs_of
from sernet_gen.kernels.choice import Group

_Kind = TypeVar("_Kind", Convolution, Pool)


def group_at(model: QModel, output: int) -> Group:
    """Return the group that makes the tensor `output`, as large as it can be.

    A group ends with a convolution, a pool of one, or the concatenation of several of either kind
    that read the same tensor; nobody else reads the tensors inside. Raises ModelError where there
    is no such group.
    """
    group = _group_at(model, output)
    if group is None:
        known = 0 <= output < len(model.traced)
        what = f"what makes {model.traced[output].name}" if known else f"tensor {output}"
        names = ", ".join(model.traced[g.output].name for g in fusable_groups(model))
        raise ModelError(
            f"An algorithm was chosen for {what}, which is neither a convolution nor convolutions "
            "with their pools.",
            f"Choose for these:  {names}",
        )
    return group


def fusable_groups(model: QModel) -> tuple[Group, ...]:
    """Return the groups that are worth running as one, in the model's order; each convolution is
    in one of them.

    Several convolutions of the model's input, each with a pool, joined by a concatenation; a
    convolution with its max pool; a convolution alone otherwise.
    """
    found: list[Group] = []
    for operator in reversed(model.operators):
        group = _group_at(model, operator.output)
        taken = {conv.output for known in found for conv in known.convolutions}
        if (
            group is not None
            and _is_worth(group)
            and taken.isdisjoint(conv.output for conv in group.convolutions)
        ):
            found.append(group)
    return tuple(reversed(found))


def members(group: Group) -> Iterator[Operator]:
    """Yield the operators of `group`."""
    yield from group.convolutions
    yield from group.pools
    if group.concatenation is not None:
        yield group.concatenation


def alone(group: Group) -> tuple[Group, ...]:
    """Return the convolutions of `group`, each as a group of its own."""
    return tuple(Group((convolution,)) for convolution in group.convolutions)


def _is_worth(group: Group) -> bool:
    if group.concatenation is not None:
        return group.input == 0 and bool(group.pools)
    return all(pool.kind == "max" for pool in group.pools)


def _group_at(model: QModel, output: int) -> Group | None:
    operator = _maker(model, output)
    if isinstance(operator, Concatenation):
        return _joined(model, operator)
    if isinstance(operator, Pool):
        conv = _only_read_here(model, operator.input, Convolution)
        return Group((conv,), (operator,)) if conv else None
    return Group((operator,)) if isinstance(operator, Convolution) else None


def _joined(model: QModel, concatenation: Concatenation) -> Group | None:
    pools = _all_read_here(model, concatenation.inputs, Pool)
    between = [pool.input for pool in pools] if pools else concatenation.inputs
    convolutions = _all_read_here(model, between, Convolution)
    if not convolutions or len({conv.input for conv in convolutions}) > 1:
        return None
    return Group(convolutions, pools, concatenation)


def _all_read_here(model: QModel, places: Sequence[int], kind: type[_Kind]) -> tuple[_Kind, ...]:
    """Return the makers of `places` if all are of `kind` and feed nothing else, else nothing."""
    found = [_only_read_here(model, place, kind) for place in places]
    made = tuple(operator for operator in found if operator is not None)
    return made if len(made) == len(places) == len(set(places)) else ()


def _only_read_here(model: QModel, place: int, kind: type[_Kind]) -> _Kind | None:
    """Return the maker of a tensor if it is of `kind` and one operator reads the tensor."""
    operator = _maker(model, place)
    readers = sum(inputs_of(reader).count(place) for reader in model.operators)
    return operator if isinstance(operator, kind) and readers == 1 else None


def _maker(model: QModel, place: int) -> Operator | None:
    return next((operator for operator in model.operators if operator.output == place), None)
