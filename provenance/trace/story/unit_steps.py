"""The steps of units: each program of a story with what it did, split where other steps came between."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain

from provenance.text.accounts import account, accounts, in_order
from provenance.trace.programs.effects import Act, Objects, effects, later, step_text, with_lasting_apart
from provenance.trace.programs.repeats import Unit
from provenance.trace.programs.terminals import TAKES_INPUT
from provenance.trace.result import Effect, Step


class UnitSteps:
    """Makes steps of units whose acts are on `objects`."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._only_accounts: dict[int, str] = {}
        """The accounts of processes that had only one."""

    def with_objects(self, objects: Objects) -> UnitSteps:
        """The same for units with more objects."""
        more = UnitSteps(objects)
        more._only_accounts = self._only_accounts
        return more

    def of(self, units: Sequence[Unit], most: int, arrivals: Iterable[Step] = ()) -> list[Step]:
        """The steps of units, the most important first, and at most `most` with those of later effects: those that came after
        another unit or one of the `arrivals`."""
        moments: dict[str, list[int]] = defaultdict(list)
        for host, moment in chain(
            ((one.host, one.moment) for one in units), ((one.host, one.moment) for one in arrivals)
        ):
            moments[host].append(moment)
        for known in moments.values():
            known.sort()
        found: list[Step] = []
        room = most - len(units)
        for unit in units:
            groups = later(unit.moment, unit.acts, moments[unit.host]) if unit.times == 1 else [list(unit.acts)]
            first, *after = with_lasting_apart(groups, self._objects)
            split = after[: max(room, 0)]
            room -= len(split)
            rest = [act for group in after[len(split) :] for act in group]
            found.append(self._step(unit, unit.moment, unit.edge, [*first, *rest]))
            found += [self._step(unit, group[0].moment, group[0].edge.id, group) for group in split]
        return found

    def _step(self, unit: Unit, moment: int, edge: str | None, acts: Sequence[Act]) -> Step:
        what = effects(acts, self._objects)
        if unit.terminal and moment == unit.moment:
            what = (Effect(TAKES_INPUT, (unit.terminal,)), *what)
        text = step_text(unit.label, what)
        return Step(
            moment,
            unit.host,
            unit.node,
            edge,
            text,
            0,
            self._accounts_of(unit, moment, acts),
            what,
            unit.times,
            unit.until,
            various=unit.various,
            doubt=unit.doubt,
        )

    def _accounts_of(self, unit: Unit, moment: int, acts: Sequence[Act]) -> str:
        """In whose name a program, or copies of it that it reports, did what a step says: as the records of these acts say."""
        begins = [unit.account] if moment == unit.moment and not (acts and acts[0].moment == moment) else []
        return in_order([*begins, *map(self._account_of, acts)]) or unit.account

    def _account_of(self, act: Act) -> str:
        found = self._only_accounts.get(act.process)
        if found is None:
            node = self._objects.nodes[act.process]
            found = account(node, act.edge.first)
            if len(accounts(node)) == 1:
                self._only_accounts[act.process] = found
        return found
