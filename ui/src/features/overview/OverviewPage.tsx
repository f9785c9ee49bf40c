import { useDocumentTitle } from "@mantine/hooks";
import { Link } from "wouter";
import { useAlerts, useDeployments, usePipelineRuns, useStatus } from "../../api/queries";
import { useNewestRuns } from "../../api/tracking";
import type { Alert, Deployment, PipelineRun, Run } from "../../api/types";
import { Ask, StatePill } from "../../components/State";
import { Stat } from "../../components/Stat";
import { ago, bytes, compact, count, duration, number } from "../../lib/format";

const isOpen = (alert: Alert) => alert.state !== "resolved";

function Numbers() {
  return (
    <Ask answer={useStatus()} height={92}>
      {(status) => (
        <div className="cards">
          <Stat label="Pipeline runs now" value={count(status.pipeline_runs.running)} note={`${status.pipeline_runs.failed_recent} failed in the last day`} />
          <Stat label="Deployments ready" value={count(status.deployments.ready)} note={status.deployments.failed > 0 ? `${status.deployments.failed} failed` : "none failed"} />
          <Stat label="Open alerts" value={count(status.alerts_open)} />
          <Stat label="Memory" value={bytes(status.memory_bytes)} note={`Treadle ${status.version}, up ${duration(status.uptime_s * 1000)}`} />
        </div>
      )}
    </Ask>
  );
}

function Attention() {
  const alerts = useAlerts();
  const runs = usePipelineRuns(50);
  const failed = (runs.data ?? []).filter((run) => run.state === "FAILED").slice(0, 5);
  return (
    <section className="card" aria-labelledby="attention">
      <h2 id="attention">Needs attention</h2>
      <Ask answer={alerts} empty={failed.length === 0 ? "Nothing. Alerts and failed runs would be listed here." : undefined} isEmpty={(list) => list.filter(isOpen).length === 0}>
        {(list) => (
          <table className="plain">
            <tbody>
              {list.filter(isOpen).slice(0, 6).map((alert) => (
                <tr key={alert.id}>
                  <td><StatePill state="open" /></td>
                  <td><Link href={`/forecast/${encodeURIComponent(alert.deployment)}`}>{alert.deployment}</Link><div className="sub">{alert.message}</div></td>
                  <td className="num sub">{ago(alert.raised_ms)}</td>
                </tr>
              ))}
              {failed.map((run) => (
                <tr key={run.id}>
                  <td><StatePill state="FAILED" /></td>
                  <td><Link href={`/runs/${run.id}`}>{run.name}</Link><div className="sub">{run.error}</div></td>
                  <td className="num sub">{ago(run.created_ms)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Ask>
    </section>
  );
}

function DeploymentRow({ deployment }: { deployment: Deployment }) {
  return (
    <tr>
      <td><Link href={`/forecast/${encodeURIComponent(deployment.name)}`}>{deployment.name}</Link></td>
      <td><StatePill state={deployment.state} /></td>
      <td><Link href={`/models/${encodeURIComponent(deployment.model)}`}>{deployment.model}</Link> version {deployment.version}</td>
      <td className="num">{count(deployment.requests)}</td>
      <td className="num">{number(deployment.p99_us / 1000, 2)} ms</td>
    </tr>
  );
}

function Deployed() {
  return (
    <section className="card" aria-labelledby="deployed">
      <h2 id="deployed">Deployed</h2>
      <Ask answer={useDeployments()} isEmpty={(list) => list.length === 0} empty={<>Nothing is served yet. <code>treadle demo forecast</code> trains and deploys a first model.</>}>
        {(list) => (
          <div className="scroll">
            <table className="plain">
              <thead><tr><th>Name</th><th>State</th><th>Serves</th><th className="num">Requests</th><th className="num">p99</th></tr></thead>
              <tbody>{list.map((deployment) => <DeploymentRow key={deployment.name} deployment={deployment} />)}</tbody>
            </table>
          </div>
        )}
      </Ask>
    </section>
  );
}

// The first few metrics of a run, by name.
const someMetrics = ({ metrics }: Run) => Object.keys(metrics).sort().slice(0, 3).map((key) => `${key} ${compact(metrics[key])}`).join(", ");

function LoggedRuns() {
  return (
    <section className="card" aria-labelledby="logged">
      <h2 id="logged">Latest runs <Link className="sub" href="/experiments">All experiments</Link></h2>
      <Ask answer={useNewestRuns(8)} isEmpty={(list) => list.length === 0} empty={<>No run was logged yet. With MLflow's client: <code>mlflow.set_tracking_uri("{location.origin}")</code></>}>
        {(list) => (
          <table className="plain">
            <tbody>
              {list.map((run) => (
                <tr key={run.id}>
                  <td><StatePill state={run.status} /></td>
                  <td><Link href={`/runs/${run.id}`}>{run.name}</Link><div className="sub">{someMetrics(run)}</div></td>
                  <td className="num sub">{ago(run.startMs)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Ask>
    </section>
  );
}

function RecentRuns() {
  const row = (run: PipelineRun) => (
    <tr key={run.id}>
      <td><StatePill state={run.state} /></td>
      <td><Link href={`/runs/${run.id}`}>{run.name}</Link><div className="sub">{run.pipeline}</div></td>
      <td className="num sub">{ago(run.created_ms)}</td>
    </tr>
  );
  return (
    <section className="card" aria-labelledby="recent">
      <h2 id="recent">Latest pipeline runs</h2>
      <Ask answer={usePipelineRuns(8)} isEmpty={(list) => list.length === 0} empty={<>No pipeline has run yet. <code>treadle run pipeline.yaml</code> starts one.</>}>
        {(list) => <table className="plain"><tbody>{list.slice(0, 8).map(row)}</tbody></table>}
      </Ask>
    </section>
  );
}

export function OverviewPage() {
  useDocumentTitle("Overview · Treadle");
  return (
    <>
      <div className="head"><h1>Overview</h1></div>
      <Numbers />
      <div className="two">
        <div><Attention /><Deployed /></div>
        <div><LoggedRuns /><RecentRuns /></div>
      </div>
    </>
  );
}
