import { useDocumentTitle } from "@mantine/hooks";
import { useCallback, useMemo } from "react";
import { Link, useLocation } from "wouter";
import { ApiError } from "../../api/client";
import { usePages } from "../../api/pages";
import { durationOf, searchTraces, TRACE_PAGE, type TraceInfo } from "../../api/traces";
import { useExperiment } from "../../api/tracking";
import { DataGrid, type GridColumn } from "../../components/DataGrid";
import { FilterBox } from "../../components/FilterBox";
import { Empty, ErrorBox, Loading, StatePill } from "../../components/State";
import { ago, count } from "../../lib/format";
import { useUrlState } from "../../lib/urlState";
import { shortAssessment } from "./Assessments";
import { traceVocabulary } from "./vocabulary";
import { tookText } from "./Waterfall";

const ORDERS: Record<string, string> = { time: "timestamp_ms", took: "execution_time_ms" };
const pathOf = (trace: TraceInfo) => `/traces/${encodeURIComponent(trace.trace_id)}`;

function columnsFor(sort: string): GridColumn<TraceInfo>[] {
  const direction = (id: string) => (sort === id ? "ascending" : sort === `-${id}` ? "descending" : "none");
  return [
    { id: "request", title: "Request", width: 300, cell: (trace) => <Link href={pathOf(trace)} title={trace.request_preview}>{trace.request_preview || trace.tags?.["mlflow.traceName"] || trace.trace_id}</Link> },
    { id: "state", title: "State", width: 110, cell: (trace) => <StatePill state={trace.state} /> },
    { id: "response", title: "Response", width: 260, cell: (trace) => trace.response_preview ?? "–" },
    { id: "time", title: "Time", width: 120, sort: direction("time"), cell: (trace) => ago(Date.parse(trace.request_time)) },
    { id: "took", title: "Took", width: 100, numeric: true, sort: direction("took"), cell: (trace) => tookText(durationOf(trace)) },
    { id: "name", title: "Name", width: 140, cell: (trace) => trace.tags?.["mlflow.traceName"] ?? "–" },
    { id: "assessments", title: "Assessments", width: 240, cell: (trace) => (trace.assessments ?? []).filter((one) => one.valid !== false).map(shortAssessment).join(", ") || "–" },
    { id: "tags", title: "Tags", width: 220, cell: (trace) => Object.entries(trace.tags ?? {}).filter(([key]) => !key.startsWith("mlflow.")).map(([key, value]) => `${key} = ${value}`).join(", ") || "–" },
  ];
}

// What to do when nothing was ever logged here.
function FirstTrace({ experiment }: { experiment: string }) {
  const lines = ["import mlflow", `mlflow.set_tracking_uri("${location.origin}")`, `mlflow.set_experiment(experiment_id="${experiment}")`, "", "@mlflow.trace", "def answer(question):", '    return "it depends"', "", 'answer("which one?")'];
  return (
    <div className="empty">
      <p>No trace was logged here yet. The first comes from MLflow's client; any OpenTelemetry exporter can send to <code>/v1/traces</code> too.</p>
      <pre className="log" tabIndex={0} aria-label="How to log a trace" style={{ textAlign: "left" }}>{lines.join("\n")}</pre>
    </div>
  );
}

export default function TracesPage({ experiment: id }: { experiment: string }) {
  const name = useExperiment(id).data?.name ?? "…";
  useDocumentTitle(`Traces of ${name} · Treadle`);
  const [, navigate] = useLocation();
  const [query, change] = useUrlState();
  const filter = query.get("filter") ?? "";
  const sort = query.get("sort") ?? "-time";
  const order = `${ORDERS[sort.replace("-", "")] ?? "timestamp_ms"} ${sort.startsWith("-") ? "DESC" : "ASC"}`;
  const list = usePages(["traces", "list", id, filter, order], TRACE_PAGE, (token, signal) => searchTraces(id, filter, order, token, signal));
  const columns = useMemo(() => columnsFor(sort), [sort]);
  const onSort = useCallback((column: string) => change({ sort: sort === `-${column}` ? column : `-${column}` }), [change, sort]);
  const refused = list.error instanceof ApiError && list.error.status === 400;
  const itemAt = (index: number) => {
    const row = list.at(index);
    return row && { row, id: row.trace_id };
  };
  return (
    <>
      <div className="head">
        <h1><Link href={`/experiments/${id}`} className="crumb">{name}</Link> / Traces</h1>
        <span className="sub" role="status">{list.stale ? "" : `${count(list.count)}${list.complete ? "" : "+"} ${list.count === 1 ? "trace" : "traces"}`}</span>
      </div>
      <section className="card" aria-label="Traces">
        <FilterBox label="Filter traces" example="status = 'ERROR' AND tag.topic = 'tea'" value={filter} vocabulary={() => traceVocabulary(list.loaded.flatMap(({ items }) => items))}
          error={refused ? (list.error as ApiError).message : null} onApply={(text) => change({ filter: text })} />
        {list.error && !refused ? <ErrorBox error={list.error} retry={list.retry} /> : null}
        {list.stale && list.count === 0 && !list.error && <Loading height={300} />}
        {!list.stale && list.count === 0 && (filter
          ? <Empty>No trace matches this filter. <button type="button" className="link" onClick={() => change({ filter: null })}>Clear it</button></Empty>
          : <FirstTrace experiment={id} />)}
        {list.count > 0 && <DataGrid label="Traces" count={list.count} itemAt={itemAt} columns={columns} height="calc(100vh - 250px)" stale={list.stale} onShow={list.show} onSort={onSort} onOpen={(trace) => navigate(pathOf(trace))} />}
      </section>
    </>
  );
}
