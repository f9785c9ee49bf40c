import { useDocumentTitle } from "@mantine/hooks";
import { lazy, Suspense, useMemo, useState, type ReactNode } from "react";
import { Link } from "wouter";
import { usePipelineRun, useTrackingRun } from "../../api/queries";
import type { PipelineRun, TrackingRun } from "../../api/types";
import { Ask, Empty, ErrorBox, Loading, StatePill } from "../../components/State";
import { ago, duration } from "../../lib/format";
import { Tabs } from "../../components/Tabs";
import { useUrlState } from "../../lib/urlState";
import { MetricCharts } from "../charts/MetricCharts";
import { HeadActions } from "../edits/HeadActions";
import { Artifacts } from "./Artifacts";
import { Overview } from "./Overview";
import { StepPanel } from "./StepPanel";

const RunGraph = lazy(() => import("./RunGraph"));

const tracesOf = (run: TrackingRun) => `/experiments/${run.experiment_id}/traces?filter=${encodeURIComponent(`run_id = '${run.id}'`)}`;
const hexOf = (id: string) => id.replaceAll("-", "");

function Steps({ run }: { run: PipelineRun }) {
  const [selected, setSelected] = useState<string | null>(null);
  const tasks = run.tasks ?? [];
  const failed = tasks.find((task) => task.state === "FAILED")?.name;
  const task = tasks.find((item) => item.name === (selected ?? failed));
  return (
    <section className="card" aria-label="Steps">
      <h2>Steps</h2>
      {tasks.length === 0 ? <Empty>No step has started yet.</Empty> : (
        <Suspense fallback={<Loading height={300} />}>
          <RunGraph tasks={tasks} selected={task?.name ?? null} onSelect={setSelected} />
        </Suspense>
      )}
      {task ? <StepPanel runId={run.id} task={task} /> : tasks.length > 0 && <p className="sub">Choose a step for its inputs, outputs and logs.</p>}
    </section>
  );
}

function Head({ name, state, note, run }: { name: string; state: string; note: ReactNode; run: TrackingRun }) {
  useDocumentTitle(`${name} · Treadle`);
  return <div className="head"><h1>{name}</h1><StatePill state={state} />{run.deleted && <span className="pill warn">Deleted</span>}<span className="sub">{note}</span><span className="grow" /><HeadActions subject={{ kind: "run", id: run.id }} name={run.name} deleted={run.deleted} /></div>;
}

const TABS = { overview: "Overview", charts: "Charts", artifacts: "Artifacts" };

function Tracked({ run }: { run: TrackingRun }) {
  const [query, change] = useUrlState();
  const asked = query.get("tab") ?? "";
  const tab = asked in TABS ? asked : query.has("artifact") ? "artifacts" : "overview";
  const charted = useMemo(() => [{ id: run.id, name: run.name }], [run.id, run.name]);
  const metrics = useMemo(() => Object.keys(run.metrics).sort(), [run.metrics]);
  return (
    <Tabs label="The run" tabs={TABS} chosen={tab} onChoose={(next) => change({ tab: next })}>
      {tab === "overview" && <Overview run={run} />}
      {tab === "charts" && <MetricCharts runs={charted} metrics={metrics} />}
      {tab === "artifacts" && <Artifacts run={run} />}
    </Tabs>
  );
}

// A pipeline's run is a run of tracking with the same bits, which says so in a tag.
export default function RunPage({ id }: { id: string }) {
  const tracking = useTrackingRun(hexOf(id));
  const pipeline = usePipelineRun(tracking.data?.tags["treadle.pipeline_run_id"]);
  if (!tracking.data?.tags["treadle.pipeline_run_id"]) {
    return (
      <Ask answer={tracking} height={300}>
        {(run) => <><Head name={run.name} state={run.status} run={run} note={<><Link href={`/experiments/${run.experiment_id}`}>Experiment</Link>, <Link href={tracesOf(run)}>Traces</Link>, started {ago(run.start_ms)}</>} /><Tracked run={run} /></>}
      </Ask>
    );
  }
  return (
    <Ask answer={pipeline} height={300}>
      {(run) => (
        <>
          <Head name={run.name} state={run.state} run={tracking.data!} note={`${run.pipeline}, ${ago(run.created_ms)}${run.started_ms && run.finished_ms ? `, took ${duration(run.finished_ms - run.started_ms)}` : ""}`} />
          {run.error && <div style={{ marginBottom: 16 }}><ErrorBox error={run.error} /></div>}
          <Steps run={run} />
          <Tracked run={tracking.data!} />
        </>
      )}
    </Ask>
  );
}
