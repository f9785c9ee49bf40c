import { useDocumentTitle } from "@mantine/hooks";
import { useMemo, useState } from "react";
import { Link } from "wouter";
import { usePipelineRuns } from "../../api/queries";
import type { PipelineRun } from "../../api/types";
import { Ask, Empty, StatePill } from "../../components/State";
import { VirtualTable, type ColumnDef } from "../../components/VirtualTable";
import { ago, count, duration } from "../../lib/format";

const took = (run: PipelineRun) => (run.started_ms && run.finished_ms ? duration(run.finished_ms - run.started_ms) : "–");

const COLUMNS: ColumnDef<PipelineRun>[] = [
  { name: "Run", width: "minmax(0, 3fr)", cell: (run) => <Link href={`/runs/${run.id}`}>{run.name}</Link> },
  { name: "State", width: "110px", cell: (run) => <StatePill state={run.state} /> },
  { name: "Pipeline", width: "minmax(0, 2fr)", wide: true, cell: (run) => run.pipeline },
  { name: "Time", width: "100px", wide: true, cell: took },
  { name: "Created", width: "120px", wide: true, cell: (run) => ago(run.created_ms) },
];

export default function RunsPage() {
  useDocumentTitle("Runs · Treadle");
  const runs = usePipelineRuns(1000);
  const [text, setText] = useState("");
  const [state, setState] = useState("");
  const shown = useMemo(() => {
    const wanted = text.toLowerCase();
    return (runs.data ?? []).filter((run) => (!state || run.state === state) && `${run.name} ${run.pipeline} ${run.id}`.toLowerCase().includes(wanted));
  }, [runs.data, text, state]);
  return (
    <>
      <div className="head">
        <h1>Runs</h1>
        <span className="sub">{runs.data ? `${count(shown.length)} of ${count(runs.data.length)}` : ""}</span>
        <span className="grow" />
        <input className="field" type="search" placeholder="Name, pipeline or id" aria-label="Filter runs" value={text} onChange={(event) => setText(event.target.value)} />
        <select className="field" aria-label="State" value={state} onChange={(event) => setState(event.target.value)}>
          <option value="">All states</option>
          {["RUNNING", "SUCCEEDED", "FAILED", "CANCELED", "PENDING"].map((name) => <option key={name} value={name}>{name[0] + name.slice(1).toLowerCase()}</option>)}
        </select>
      </div>
      <section className="card">
        <Ask answer={runs} height={400} isEmpty={(list) => list.length === 0} empty={<>No pipeline has run yet. <code>treadle run pipeline.yaml</code> starts one.</>}>
          {() => (shown.length === 0 ? <Empty>No run matches.</Empty> : <VirtualTable rows={shown} columns={COLUMNS} keyOf={(run) => run.id} label="Pipeline runs" />)}
        </Ask>
      </section>
    </>
  );
}
