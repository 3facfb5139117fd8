"""Networks, peers and public support as dated spells, and what they are at each wave.

A tie is a track: one value at each wave (a role, an evaluation clause, or nothing). Tracks become spells that
start and end between two fieldworks, so that the state at an interview and the answers given there agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from panel_eis.synthetic.interview import opening
from panel_eis.synthetic.money import INSTRUMENTS, budgets, support_tracks

if TYPE_CHECKING:
    from panel_eis.synthetic.interview import World

Track = dict[tuple[int, tuple[str, ...]], list[str]]
"""(organisation, what the tie is with) -> value at each wave, empty where there is no tie."""

NETWORKS = ("net_a", "net_b", "net_c", "net_d", "net_e", "net_f", "net_g", "net_h")
NETWORK_OF_FORM = {"scop": "net_b", "scic": "net_b", "company": "net_h"}
NETWORK_OF_FIELD = {
    "social": "net_c",
    "health": "net_c",
    "work_integration": "net_d",
    "youth": "net_e",
    "culture": "net_e",
    "sport": "net_e",
    "environment": "net_f",
    "finance": "net_g",
}
CANDIDATES = 12
"""Peers that an organisation may have, in order of preference; those that closed are passed over."""


@dataclass(frozen=True)
class Ecosystem:
    """Networks, peers and support of every organisation at every wave."""

    networks: Track
    peers: Track
    support: Track

    def at(self, kind: str, t: int) -> dict[int, list[tuple[tuple[str, ...], str]]]:
        """Ties of each organisation at one wave: (with what, value)."""
        found: dict[int, list[tuple[tuple[str, ...], str]]] = {}
        for (unit, key), values in getattr(self, kind).items():
            if values[t]:
                found.setdefault(unit, []).append((key, values[t]))
        return found


def draw_ecosystem(world: World) -> Ecosystem:
    """Give each organisation that ever answered its networks, peers and instruments."""
    return Ecosystem(_network_tracks(world), _peer_tracks(world), support_tracks(world))


def _values(world: World, unit: int, name: str) -> list[object]:
    """State of one organisation at each wave; None before it enters and after it closes."""
    found: list[object] = []
    for state in world.structure.states:
        inside = unit < len(state.alive) and bool(state.alive[unit])
        found.append(getattr(state, name)[unit] if inside else None)
    return found


def _network_tracks(world: World) -> Track:
    units = world.structure.units
    tracks: Track = {}
    extra_mean = world.truth.ties.networks_mean - 1
    extra = (world.trait("networks", uniform=True)[:, 0:1] < [extra_mean * 0.7, extra_mean * 0.3]).sum(axis=1)
    order = np.argsort(world.trait("network_order", len(NETWORKS), uniform=True), axis=1)
    second = world.trait("second_service", uniform=True)[:, 0] < 0.25
    for i in np.flatnonzero(world.ever).tolist():
        form, field = str(units.legal_form[i]), str(units.field[i])
        main = NETWORK_OF_FORM.get(form) or NETWORK_OF_FIELD.get(field, "net_a")
        others = ["net_a"] * (main != "net_a") + [NETWORKS[k] for k in order[i]]
        joined = list(dict.fromkeys([main, *others]))[: 1 + extra[i]]
        federated, service = _values(world, i, "federated"), _values(world, i, "service")
        for rank, network in enumerate(joined):
            serves = rank == 0 or (rank == 1 and second[i])
            tracks[i, (network,)] = [
                "" if not f else "member_service" if s and serves else "member"
                for f, s in zip(federated, service, strict=True)
            ]
    return tracks


def _peer_tracks(world: World) -> Track:
    """Draw peers, who look alike: same field and same territory are preferred, among the first answers."""
    structure = world.structure
    units = structure.units
    tracks: Track = {}
    pool = np.flatnonzero(world.ever & (units.cohort == 0))
    first = structure.states[0]
    wanted = np.clip(world.streams.stage("peers").poisson(1.1, len(units.cohort)), 0, 5) + 1
    for i in np.flatnonzero(world.ever).tolist():
        rng = world.streams.stage("peers", str(i))
        liking = rng.gumbel(size=len(pool)) - 1e9 * (pool == i) + 0.5 * (first.ladder[pool] >= 2)
        liking += 1.4 * (units.field[pool] == units.field[i])
        liking += 1.0 * (first.department[pool] == units.department[i])
        preferred = pool[np.argsort(-liking, kind="stable")[:CANDIDATES]]
        for t, peer in enumerate(_values(world, i, "peer")):
            open_now = [j for j in preferred if structure.states[t].alive[j]]
            for j in open_now[: wanted[i]] if peer else []:
                key = (i, (str(structure.names[j]),))
                tracks.setdefault(key, [""] * len(structure.waves))[t] = "peer"
    return tracks


@dataclass(frozen=True)
class Spell:
    """One value of a tie, from one day to another (none while it lasts); first seen at ``wave``."""

    unit: int
    key: tuple[str, ...]
    value: str
    start: np.datetime64
    end: np.datetime64 | None
    wave: int


def spells(world: World, track: Track) -> list[Spell]:
    """Turn the values at each wave into dated runs of one value."""
    days = [world.changes_on(t) for t in range(len(world.structure.waves))]
    found = []
    for (unit, key), values in sorted(track.items()):
        first = 0
        for t, value in enumerate(values):
            if t + 1 < len(values) and values[t + 1] == value:
                continue
            if value:
                start = _start(world, days, unit, key, first)
                end = days[t + 1][unit] - np.timedelta64(1, "D") if t + 1 < len(values) else None
                found.append(Spell(unit, key, value, start, end, first))
            first = t + 1
    return found


def _start(world: World, days: list[np.ndarray], unit: int, key: tuple[str, ...], t: int) -> np.datetime64:
    """Date the start: a tie seen at the first interview is older than it, not older than the organisation."""
    if t > world.structure.units.cohort[unit]:
        return days[t][unit]
    age = int(world.streams.stage("older", str(unit), *key).integers(120, 2400))
    founded = np.datetime64(f"{world.structure.units.founded[unit]}-07-01")
    return min(
        max(opening(world.structure.waves[t]) - np.timedelta64(age, "D"), founded),
        opening(world.structure.waves[t]),
    )


def memberships_table(world: World, ecosystem: Ecosystem) -> pd.DataFrame:
    """Rows of ``data/memberships.csv``."""
    names = world.structure.names
    rows: list[dict[str, object]] = [
        {
            "unit": names[s.unit],
            "network": s.key[0],
            "role": s.value,
            "other": "",
            "start": s.start,
            "end": s.end,
        }
        for s in spells(world, ecosystem.networks)
    ]
    rows += [
        {
            "unit": names[s.unit],
            "network": "",
            "role": s.value,
            "other": s.key[0],
            "start": s.start,
            "end": s.end,
        }
        for s in spells(world, ecosystem.peers)
    ]
    return _sorted(
        rows, ["unit", "network", "role", "other", "start", "end"], ["unit", "start", "network", "other"]
    )


def support_table(world: World, ecosystem: Ecosystem) -> pd.DataFrame:
    """Rows of ``data/support.csv``."""
    names = world.structure.names
    rows: list[dict[str, object]] = []
    money = [budgets(world, t) for t in range(len(world.structure.waves))]
    for spell in spells(world, ecosystem.support):
        instrument, level = spell.key
        shares = world.structure.states[spell.wave].shares[spell.unit]
        base = shares[1] if instrument in ("procurement", "per_diem") else max(shares[0], 2.0)
        amount = max(0.5, money[spell.wave][spell.unit] * base / 100 * INSTRUMENTS[instrument].part)
        rows.append(
            {
                "unit": names[spell.unit],
                "instrument": instrument,
                "level": level,
                "amount": f"{amount:.1f}",
                "evaluation": spell.value,
                "start": spell.start,
                "end": spell.end,
            }
        )
    columns = ["unit", "instrument", "level", "amount", "evaluation", "start", "end"]
    return _sorted(rows, columns, ["unit", "start", "instrument", "level"])


def _sorted(rows: list[dict[str, object]], columns: list[str], keys: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=columns, dtype=object)
    for name in ("start", "end"):
        frame[name] = ["" if day is None else str(day) for day in frame[name]]
    return frame.sort_values(keys, ignore_index=True)
