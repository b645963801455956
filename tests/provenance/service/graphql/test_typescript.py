"""The TypeScript types of the operations are the published ones; correct code compiles, and mistakes do not."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from graphql import build_schema, parse
from provenance.service.graphql.schema import schema_text
from provenance.service.graphql.typescript import types
from tests.conftest import ROOT
from tests.provenance.service.graphql.conftest import OPERATIONS

MODULE = ROOT / "graphql" / "operations.ts"
USE = """
import type { EntityData, SearchVariables, TraceData, TraceVariables } from "./operations";

const variables: TraceVariables = { direction: "BACKWARD", start: { command: "^bash -i$", remotePort: 4444 } };
const where: SearchVariables = { where: { kinds: ["FILE"], path: "/tmp/*" }, first: 5 };

export function lines(data: TraceData, entity: EntityData): string[] {
  const found = entity.entity;
  const parent: string | undefined = found?.__typename === "Process" ? found.parent?.label : undefined;
  const paths: string[] = found?.__typename === "File" ? found.paths : [];
  const entries: string[] = data.trace.entries.map((entry) => `${entry.rank}: ${entry.entity.label}`);
  return [...entries, ...paths, parent ?? "", data.trace.truncated?.why ?? "", variables.direction, String(where.first)];
}
"""
MISTAKES = (
    'export const a: TraceVariables = { direction: "SIDEWAYS", start: {} };',
    'export const b: TraceVariables = { direction: "FORWARD" };',
    "export const c = (data: TraceData): number => data.trace.truncated.leftOutFlows;",
    "export const d = (data: EntityData): unknown => data.entity!.paths;",
)


def made() -> str:
    documents = [parse(path.read_text("utf-8")) for path in sorted(OPERATIONS.glob("*.graphql"))]
    return types(build_schema(schema_text()), documents)


def compiled(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    compiler = shutil.which("tsc")
    if compiler is None:
        missing = "no TypeScript compiler (tsc) is on the path"
        if os.environ.get("PROVENANCE_TYPESCRIPT") == "required" or os.environ.get("CI") == "true":
            pytest.fail(f"{missing}: script/test installs one")
        pytest.skip(missing)
    (folder / "operations.ts").write_text(MODULE.read_text("utf-8"), "utf-8")
    (folder / "use.ts").write_text(text, "utf-8")
    command = [compiler, "--strict", "--noEmit", "--target", "es2022", "--module", "nodenext", "use.ts"]
    return subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", timeout=300)


def test_the_types_are_those_of_the_operations(golden: Callable[[Path, str], None]) -> None:
    golden(MODULE, made())


def test_every_operation_has_its_types() -> None:
    text = made()
    for path in OPERATIONS.glob("*.graphql"):
        name = "".join(part.title() for part in path.stem.split("-"))
        assert f"export interface {name}Variables " in text, path.name
        assert f"export type {name}Data = " in text, path.name


def test_nullability_matches_the_schema() -> None:
    text = made()
    assert "truncated: {" in text
    assert "} | null;\n" in text
    assert 'export type Side = "INCOMING" | "OUTGOING" | "BOTH";' in text
    assert '__typename: "Process";' in text


def test_correct_use_of_the_types_compiles(tmp_path: Path) -> None:
    done = compiled(tmp_path, USE.replace("./operations", "./operations.js"))
    assert done.returncode == 0, done.stdout


def test_each_mistake_is_refused(tmp_path: Path) -> None:
    head = 'import type { EntityData, TraceData, TraceVariables } from "./operations.js";\n'
    done = compiled(tmp_path, head + "\n".join(MISTAKES))
    assert done.returncode != 0
    rejected = {
        int(line.partition("(")[2].partition(",")[0]) for line in done.stdout.splitlines() if "error TS" in line
    }
    assert rejected == set(range(2, 2 + len(MISTAKES))), done.stdout
