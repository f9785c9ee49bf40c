import { useDocumentTitle } from "@mantine/hooks";
import { useCallback, useMemo } from "react";
import { Link, useLocation } from "wouter";
import { PARENT, useExperiment } from "../../api/tracking";
import type { Run } from "../../api/types";
import { DataGrid, type GridColumn, type GridItem } from "../../components/DataGrid";
import { Empty, ErrorBox, Loading, StatePill } from "../../components/State";
import { count, shortId } from "../../lib/format";
import { useSelection } from "../../lib/selection";
import { useUrlState } from "../../lib/urlState";
import { HeadActions } from "../edits/HeadActions";
import { About } from "./About";
import { isSortable, textOf, type Column } from "./columns";
import { Toolbar } from "./Toolbar";
import { useRunsTable, type RunsTable } from "./useRunsTable";

const WIDTHS = { attributes: 118, metrics: 120, params: 130, tags: 150 };

const directionOf = (id: string, sort: string) => (sort === id ? "ascending" : sort === `-${id}` ? "descending" : "none");

function gridColumn(column: Column, sort: string): GridColumn<Run> {
  return {
    id: column.id,
    title: column.title,
    width: column.id === "attributes.run_id" ? 280 : Math.max(WIDTHS[column.kind], Math.min(240, column.title.length * 8 + 34)),
    numeric: column.kind === "metrics",
    sort: isSortable(column) ? directionOf(column.id, sort) : undefined,
    cell: column.id === "attributes.status" ? (run) => <StatePill state={run.status} /> : (run) => textOf(run, column),
  };
}

const nameColumn = (sort: string): GridColumn<Run> => ({
  id: "attributes.run_name",
  title: "Run",
  width: 240,
  sort: directionOf("attributes.run_name", sort),
  cell: (run) => (
    <>
      {run.tags[PARENT] && <span className="sub" title={`Nested in run ${run.tags[PARENT]}`}>↳ </span>}
      <Link href={`/runs/${run.id}`}>{run.name || shortId(run.id)}</Link>
    </>
  ),
});

function useItems(table: RunsTable) {
  const { grouped, runs, groupColumn, sizes, closed, toggleGroup } = table;
  return (line: number): GridItem<Run> => {
    const place = grouped.lineAt(line);
    if ("run" in place) {
      const row = runs.at(place.run);
      return row && { row, id: row.id };
    }
    const { value, raw, count: loaded } = place.group;
    const size = sizes?.get(raw);
    const more = size === undefined && place.last && !runs.complete ? "+" : "";
    return {
      heading: (
        <button type="button" className="link" aria-expanded={!closed.has(value)} onClick={() => toggleGroup(value)}>
          {closed.has(value) ? "▸" : "▾"} {groupColumn?.title}: {value} <span className="sub">{count(size ?? loaded)}{more}</span>
        </button>
      ),
    };
  };
}

function Nothing({ table }: { table: RunsTable }) {
  const showNested = !table.nested && <button type="button" className="link" onClick={() => table.change({ nested: null })}>Show nested runs</button>;
  if (table.filter) return <Empty>No run matches this filter. <button type="button" className="link" onClick={() => table.change({ filter: null })}>Clear it</button> {showNested}</Empty>;
  if (showNested) return <Empty>There is no run here that is not nested in another. {showNested}</Empty>;
  if (table.view === "deleted") return <Empty>No run of this experiment is deleted.</Empty>;
  return <Empty>No run was logged here yet. With MLflow's client: <code>mlflow.set_tracking_uri("{location.origin}")</code></Empty>;
}

// What is loaded counts until the server has counted, and again once everything is loaded, which may be newer.
function howMany(runs: { count: number; complete: boolean }, found: number | undefined): string {
  const known = runs.complete ? runs.count : Math.max(found ?? 0, runs.count);
  return `${count(known)}${runs.complete || found !== undefined ? "" : "+"} ${known === 1 ? "run" : "runs"}`;
}

export default function ExperimentPage({ id }: { id: string }) {
  const experiment = useExperiment(id);
  const name = experiment.data?.name ?? "";
  useDocumentTitle(`${name || "Experiment"} · Treadle`);
  const [, navigate] = useLocation();
  const [query, change] = useUrlState();
  const table = useRunsTable(id);
  const { runs, grouped, sort } = table;
  const itemAt = useItems(table);
  const selection = useSelection(grouped.count, (line) => {
    const item = itemAt(line);
    return item && "row" in item ? item.id : undefined;
  });
  const columns = useMemo(() => [nameColumn(sort), ...table.columns.map((column) => gridColumn(column, sort))], [table.columns, sort]);
  const { show } = runs;
  const { runsAt } = grouped;
  const onShow = useCallback((first: number, last: number) => show(...runsAt(first, last)), [show, runsAt]);
  if (experiment.error) return <ErrorBox error={experiment.error} retry={() => experiment.refetch()} />;
  return (
    <>
      <div className="head">
        <h1><Link href="/experiments" className="crumb">Experiments</Link> / {name || "…"}</h1>
        <span className="sub" role="status">{runs.stale && runs.count === 0 ? "" : howMany(runs, table.found)}</span>
        {experiment.data?.deleted && <span className="pill warn">Deleted</span>}
        <span className="grow" />
        {experiment.data && <HeadActions subject={{ kind: "experiment", id }} name={name} deleted={experiment.data.deleted} />}
        <Link className="link" href={`/experiments/${id}/traces`}>Traces</Link>
      </div>
      {experiment.data && <About id={id} tags={experiment.data.tags} open={query.get("about") === "1"} onToggle={(open) => change({ about: open ? "1" : null })} />}
      <section className="card" aria-label="Runs">
        <Toolbar table={table} selection={selection} name={name} />
        {runs.stale && runs.count === 0 && !runs.error && <Loading height={400} />}
        {!runs.stale && runs.count === 0 && <Nothing table={table} />}
        {runs.count > 0 && (
          <DataGrid label="Runs" count={grouped.count} itemAt={itemAt} columns={columns} height="calc(100vh - 270px)" stale={runs.stale} onShow={onShow}
            onSort={table.sortBy} onOpen={(run) => navigate(`/runs/${run.id}`)} selecting={selection} />
        )}
      </section>
    </>
  );
}
