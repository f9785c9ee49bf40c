import { useEffect, useRef } from "react";
import { useStepLogs } from "../../api/queries";
import type { Task } from "../../api/types";
import { Ask, ErrorBox, StatePill } from "../../components/State";

const show = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));

function Values({ title, values }: { title: string; values: Task["inputs"] | undefined }) {
  const parameters = Object.entries(values?.parameters ?? {});
  const artifacts = Object.entries(values?.artifacts ?? {});
  if (parameters.length + artifacts.length === 0) return null;
  return (
    <div style={{ minWidth: 0 }}>
      <h2>{title}</h2>
      <div className="scroll" style={{ maxHeight: 240 }}>
        <table className="plain"><tbody>
          {parameters.map(([name, value]) => <tr key={name}><td>{name}</td><td className="mono" style={{ overflowWrap: "anywhere" }}>{show(value)}</td></tr>)}
          {artifacts.map(([name, artifact]) => <tr key={name}><td>{name}</td><td><span className="sub">{artifact.type}</span> <span className="mono">{artifact.sha256?.slice(0, 12)}</span></td></tr>)}
        </tbody></table>
      </div>
    </div>
  );
}

function Logs({ runId, task }: { runId: string; task: Task }) {
  const logs = useStepLogs(runId, task.name, task.state === "RUNNING");
  const end = useRef<HTMLPreElement>(null);
  useEffect(() => {
    if (end.current) end.current.scrollTop = end.current.scrollHeight;
  }, [logs.data]);
  return (
    <Ask answer={logs} height={80} isEmpty={(text) => text.length === 0} empty="This step wrote nothing.">
      {(text) => <pre className="log" ref={end} tabIndex={0} aria-label={`Logs of ${task.name}`}>{text}</pre>}
    </Ask>
  );
}

export function StepPanel({ runId, task }: { runId: string; task: Task }) {
  return (
    <div aria-live="polite">
      <div className="head" style={{ marginBottom: 8 }}><h2 style={{ margin: 0 }}>{task.display_name ?? task.name}</h2><StatePill state={task.state} /><span className="sub">{task.component}</span></div>
      {task.error && <div style={{ marginBottom: 12 }}><ErrorBox error={task.error} /></div>}
      <div className="two" style={{ gridTemplateColumns: "minmax(0, 1fr) minmax(0, 1fr)", marginBottom: 12 }}>
        <Values title="Inputs" values={task.inputs} />
        <Values title="Outputs" values={task.outputs} />
      </div>
      {task.state !== "PENDING" && task.state !== "SKIPPED" && <><h2>Log</h2><Logs runId={runId} task={task} /></>}
    </div>
  );
}
