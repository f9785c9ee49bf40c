// The versions of a model, beside what the runs that made them had: metrics first, any column by choice.
import { useCallback, useMemo, useState } from "react";
import { Link } from "wouter";
import { useRunsInView } from "../../api/tracking";
import type { ModelVersion, Run } from "../../api/types";
import { DataGrid, type GridColumn } from "../../components/DataGrid";
import { Empty } from "../../components/State";
import { ago, count, shortId } from "../../lib/format";
import type { Selection } from "../../lib/selection";
import { readList, useUrlState, writeList } from "../../lib/urlState";
import { columnOf, learnKeys, noKeys, textOf, type Column } from "../experiments/columns";
import { ColumnsButton } from "../experiments/Columns";

const FIRST_METRICS = 3; // shown before anybody chose columns

type Line = ModelVersion & { made: Run | undefined };

interface Look {
  shown: number;
  open: (version: ModelVersion) => void;
  columns: Column[]; // of the runs
}

const columnsFor = ({ open, shown, columns }: Look): GridColumn<Line>[] => [
  { id: "version", title: "Version", width: 120, cell: (one) => <button type="button" className="link" aria-pressed={one.version === shown} onClick={() => open(one)}>Version {one.version}</button> },
  { id: "aliases", title: "Aliases", width: 190, cell: (one) => one.aliases.map((alias) => <span className="pill good" key={alias}>{alias}</span>) },
  { id: "stage", title: "Stage", width: 110, cell: (one) => (one.stage && one.stage !== "None" ? one.stage : "–") },
  ...columns.map((column): GridColumn<Line> => ({
    id: column.id, title: column.title, width: Math.max(110, Math.min(220, column.title.length * 8 + 34)), numeric: column.kind === "metrics",
    cell: ({ made }) => (made ? textOf(made, column) : "–"),
  })),
  { id: "run", title: "Trained by", width: 150, cell: (one) => (one.run_id ? <Link href={`/runs/${one.run_id}`}>run {shortId(one.run_id)}</Link> : "–") },
  { id: "created", title: "Created", width: 120, cell: (one) => ago(one.created_ms) },
  { id: "description", title: "Description", width: 260, cell: (one) => one.description },
];

// What the runs of the versions in view had, and which of it is shown.
function useRunColumns(versions: ModelVersion[]) {
  const [query, change] = useUrlState();
  const [view, setView] = useState<[first: number, last: number]>([0, 0]);
  const ids = useMemo(() => versions.map(({ run_id }) => run_id), [versions]);
  const runs = useRunsInView(ids, ...view);
  const keys = useMemo(() => {
    const found = noKeys();
    learnKeys(found, runs);
    return found;
  }, [runs]);
  const asked = query.get("columns");
  const chosen = asked === null ? [...keys.metrics.keys()].sort().slice(0, FIRST_METRICS).map((key) => `metrics.${key}`) : asked === "none" ? [] : readList(asked);
  const stamp = chosen.join();
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const columns = useMemo(() => chosen.map(columnOf).filter((column): column is Column => column !== null), [stamp]);
  const byId = useMemo(() => new Map(runs.map((run) => [run.id, run])), [runs]);
  const choose = (next: string[] | null) => change({ columns: next && (next.length > 0 ? writeList(next) : "none") });
  const onShow = useCallback((first: number, last: number) => setView((before) => (before[0] === first && before[1] === last ? before : [first, last])), []);
  return { keys, columns, byId, choose, onShow };
}

export function Versions({ versions, shown, selection, onOpen }: { versions: ModelVersion[]; shown: number; selection: Selection; onOpen: (version: ModelVersion) => void }) {
  const [, change] = useUrlState();
  const { keys, columns, byId, choose, onShow } = useRunColumns(versions);
  const drawn = useMemo(() => columnsFor({ open: onOpen, shown, columns }), [onOpen, shown, columns]);
  const lines = useMemo(() => versions.map((version): Line => ({ ...version, made: byId.get(version.run_id) })), [versions, byId]);
  const itemAt = useCallback((index: number) => ({ row: lines[index], id: String(lines[index].version) }), [lines]);
  return (
    <section className="card" aria-label="Versions">
      <div className="bar" style={{ marginTop: 0 }}>
        <h2 style={{ margin: 0 }}>Versions <span className="sub">{count(versions.length)}</span></h2>
        <button type="button" className="field" disabled={selection.ids.length !== 2} onClick={() => change({ compare: writeList([...selection.ids].sort((a, b) => Number(a) - Number(b))) })}>Compare two</button>
        {selection.ids.length !== 2 && <span className="sub">Choose two to compare them.</span>}
        <span className="grow" />
        {versions.length > 0 && <ColumnsButton keys={keys} stamp={byId.size} chosen={columns.map(({ id }) => id)} onChange={choose} />}
      </div>
      {versions.length === 0 ? <Empty>This model has no versions yet.</Empty> : (
        <DataGrid label="Versions" count={versions.length} itemAt={itemAt} columns={drawn} height="340px" onShow={onShow} onOpen={onOpen} selecting={selection} />
      )}
    </section>
  );
}
