// Where a version came from and where it went: data, run, version, deployments, from left to right.
import type { ReactNode } from "react";
import { Link } from "wouter";
import { useDeployments, useTrackingRun } from "../../api/queries";
import type { ModelVersion } from "../../api/types";
import { StatePill } from "../../components/State";

interface Box {
  key: string;
  title: ReactNode;
  note: ReactNode;
}

function Stage({ name, boxes, empty }: { name: string; boxes: Box[]; empty: string }) {
  return (
    <li>
      <div className="what">{name}</div>
      {boxes.length === 0 && <div className="box none">{empty}</div>}
      {boxes.map(({ key, title, note }) => <div key={key} className="box"><b className="cut">{title}</b><span className="sub cut">{note}</span></div>)}
    </li>
  );
}

export function Lineage({ model, version }: { model: string; version: ModelVersion }) {
  const run = useTrackingRun(version.run_id);
  const deployments = useDeployments();
  const serving = (deployments.data ?? []).filter((one) => one.model === model && Number(one.version) === version.version);
  const pipeline = run.data?.tags["treadle.pipeline"];
  const commit = run.data?.tags["mlflow.source.git.commit"];
  const data = (run.data?.datasets ?? []).map((one): Box => ({ key: one.name + one.digest, title: one.name, note: <span className="mono">{one.digest.slice(0, 12)}</span> }));
  const made: Box[] = run.data ? [{ key: "run", title: <Link href={`/runs/${run.data.id}`}>{run.data.name}</Link>, note: [pipeline, commit && `commit ${commit.slice(0, 8)}`].filter(Boolean).join(", ") || run.data.status.toLowerCase() }] : [];
  return (
    <section className="card" aria-label="Lineage">
      <h2>Lineage</h2>
      <ol className="lineage">
        <Stage name="Data" boxes={data} empty="No dataset was logged" />
        <Stage name="Run" boxes={made} empty={run.isLoading ? "…" : run.error ? "The run is not here" : "No run is known"} />
        <Stage name="Version" boxes={[{ key: "version", title: `${model} ${version.version}`, note: [version.stage !== "None" && version.stage, ...version.aliases].filter(Boolean).join(", ") || "registered" }]} empty="" />
        <Stage name="Deployments" boxes={serving.map((one) => ({ key: one.name, title: <Link href={`/forecast/${encodeURIComponent(one.name)}`}>{one.name}</Link>, note: <StatePill state={one.state} /> }))} empty="Not deployed" />
      </ol>
    </section>
  );
}
