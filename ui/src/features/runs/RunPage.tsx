import { useDocumentTitle } from "@mantine/hooks";
import { lazy, Suspense, useState } from "react";
import { usePipelineRun, useTrackingRun } from "../../api/queries";
import type { PipelineRun, TrackingRun } from "../../api/types";
import { Ask, Empty, ErrorBox, Loading, StatePill } from "../../components/State";
import { ago, duration } from "../../lib/format";
import { Artifacts } from "./Artifacts";
import { MetricCharts } from "../charts/MetricCharts";
import { StepPanel } from "./StepPanel";

const RunGraph = lazy(() => import("./RunGraph"));

const hexOf = (id: string) => id.replaceAll("-", "");

function Params({ run }: { run: TrackingRun }) {
  const entries = Object.entries(run.params).sort(([a], [b]) => a.localeCompare(b));
  if (entries.length === 0) return <Empty>No parameters were logged.</Empty>;
  return (
    <div className="scroll" style={{ maxHeight: 320 }}>
      <table className="plain"><tbody>
        {entries.map(([key, value]) => <tr key={key}><td>{key}</td><td className="mono" style={{ overflowWrap: "anywhere" }}>{value}</td></tr>)}
      </tbody></table>
    </div>
  );
}

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

function Head({ name, state, note }: { name: string; state: string; note: string }) {
  useDocumentTitle(`${name} · Treadle`);
  return <div className="head"><h1>{name}</h1><StatePill state={state} /><span className="sub">{note}</span></div>;
}

function Tracked({ run }: { run: TrackingRun }) {
  return (
    <>
      <MetricCharts runs={[run]} metrics={Object.keys(run.metrics).sort()} />
      <div className="two">
        <Artifacts runId={run.id} />
        <section className="card" aria-label="Parameters"><h2>Parameters</h2><Params run={run} /></section>
      </div>
    </>
  );
}

// A pipeline's run is a run of tracking with the same bits, which says so in a tag.
export default function RunPage({ id }: { id: string }) {
  const tracking = useTrackingRun(hexOf(id));
  const pipeline = usePipelineRun(tracking.data?.tags["treadle.pipeline_run_id"]);
  if (!tracking.data?.tags["treadle.pipeline_run_id"]) {
    return (
      <Ask answer={tracking} height={300}>
        {(run) => <><Head name={run.name} state={run.status} note={`started ${ago(run.start_ms)}`} /><Tracked run={run} /></>}
      </Ask>
    );
  }
  return (
    <Ask answer={pipeline} height={300}>
      {(run) => (
        <>
          <Head name={run.name} state={run.state} note={`${run.pipeline}, ${ago(run.created_ms)}${run.started_ms && run.finished_ms ? `, took ${duration(run.finished_ms - run.started_ms)}` : ""}`} />
          {run.error && <div style={{ marginBottom: 16 }}><ErrorBox error={run.error} /></div>}
          <Steps run={run} />
          {tracking.data && <Tracked run={tracking.data} />}
        </>
      )}
    </Ask>
  );
}
