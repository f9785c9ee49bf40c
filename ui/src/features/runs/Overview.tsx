// What a run was given, what came out of it, and where it came from.
import { Link } from "wouter";
import { NOTE } from "../../api/edits";
import { nestedIn, useLoggedModels, useNestedRuns, useVersionsOfRun } from "../../api/tracking";
import type { DatasetInput, TrackingRun } from "../../api/types";
import { KeyValues } from "../../components/KeyValues";
import { Ask, StatePill } from "../../components/State";
import { ago, compact, duration, minute, shortId } from "../../lib/format";
import { Note } from "../edits/Note";
import { TagsCard } from "../edits/TagsCard";

const sorted = <T,>(record: Record<string, T>) => Object.entries(record).sort(([a], [b]) => a.localeCompare(b));

function detailsOf(run: TrackingRun): [string, React.ReactNode][] {
  const tag = (name: string) => run.tags[`mlflow.${name}`];
  const commit = tag("source.git.commit");
  const parent = tag("parentRunId");
  const rows: [string, React.ReactNode][] = [
    ["Run id", run.id],
    ["Experiment", <Link key="e" href={`/experiments/${run.experiment_id}`}>{run.experiment_id}</Link>],
    ["User", run.user || tag("user")],
    ["Started", `${minute(run.start_ms)} UTC`],
    ["Ended", run.end_ms && `${minute(run.end_ms)} UTC, after ${duration(run.end_ms - run.start_ms)}`],
    ["Source", tag("source.name")],
    ["Commit", commit && `${commit.slice(0, 12)}${tag("source.git.dirty") === "true" ? " with changes" : ""}`],
    ["Part of run", parent && <Link key="p" href={`/runs/${parent}`}>{shortId(parent)}</Link>],
    ["Artifacts", run.artifact_uri],
  ];
  return rows.filter(([, value]) => value);
}

function Datasets({ datasets }: { datasets: DatasetInput[] }) {
  if (datasets.length === 0) return null;
  return (
    <section className="card" aria-label="Datasets">
      <h2>Datasets</h2>
      <div className="scroll">
        <table className="plain">
          <thead><tr><th>Name</th><th>Used for</th><th>Digest</th><th>Source</th></tr></thead>
          <tbody>
            {datasets.map((dataset) => (
              <tr key={dataset.name + dataset.digest + dataset.tags["mlflow.data.context"]}>
                <td>{dataset.name}</td><td>{dataset.tags["mlflow.data.context"] ?? "–"}</td><td className="mono">{dataset.digest.slice(0, 16)}</td><td className="mono value">{dataset.source}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Models({ run }: { run: TrackingRun }) {
  const versions = useVersionsOfRun(run.id);
  const logged = useLoggedModels(run.id, run.experiment_id);
  if (versions.data?.length === 0 && logged.data?.length === 0) return null;
  return (
    <section className="card" aria-label="Models">
      <h2>Models</h2>
      <Ask answer={versions} height={40}>
        {(list) => <ul className="plainlist">{list.map(({ name, version }) => <li key={name + version}><Link href={`/models/${encodeURIComponent(name)}?version=${version}`}>{name} version {version}</Link></li>)}</ul>}
      </Ask>
      <Ask answer={logged} height={40}>
        {(list) => <ul className="plainlist">{list.map(({ info }) => <li key={info.model_id}><Link href={`/runs/${run.id}?tab=artifacts&model=${info.model_id}&artifact=MLmodel`}>{info.name}</Link> <span className="sub">{info.model_type} <span className="mono">{info.model_id}</span></span></li>)}</ul>}
      </Ask>
    </section>
  );
}

const NESTED = 50;

function Nested({ run }: { run: TrackingRun }) {
  const nested = useNestedRuns(run.id, run.experiment_id, NESTED).data;
  if (!nested || nested.items.length === 0) return null;
  const all = `/experiments/${run.experiment_id}?filter=${encodeURIComponent(nestedIn(run.id))}`;
  return (
    <section className="card" aria-label="Nested runs">
      <h2>Nested runs <Link className="sub" href={all}>{nested.next === null ? "In the table" : `More than ${NESTED}: all in the table`}</Link></h2>
      <div className="scroll">
        <table className="plain"><tbody>
          {nested.items.map((child) => (
            <tr key={child.id}><td><Link href={`/runs/${child.id}`}>{child.name}</Link></td><td><StatePill state={child.status} /></td><td className="num sub">{ago(child.startMs)}</td></tr>
          ))}
        </tbody></table>
      </div>
    </section>
  );
}

export function Overview({ run }: { run: TrackingRun }) {
  const subject = { kind: "run" as const, id: run.id };
  return (
    <>
      <Note subject={subject} text={run.tags[NOTE] ?? ""} />
      <div className="two even">
        <KeyValues label="Metrics" entries={sorted(run.metrics).map(([key, value]) => [key, compact(Number(value))])} empty="No metrics were logged." />
        <KeyValues label="Parameters" entries={sorted(run.params)} empty="No parameters were logged." />
        <KeyValues label="Details" entries={detailsOf(run)} empty="" />
        <TagsCard subject={subject} tags={run.tags} />
      </div>
      <Datasets datasets={run.datasets} />
      <Models run={run} />
      <Nested run={run} />
    </>
  );
}
