import { useDocumentTitle } from "@mantine/hooks";
import { useMemo, useState } from "react";
import { Link } from "wouter";
import { useAlerts, useDeploymentHistory, useDeployments, useDrift, useFirings, useForecast, useModel, usePerformance, useTrackingRun } from "../../api/queries";
import type { Alert, Deployment, Firing, ForecastPoint, Performance } from "../../api/types";
import { Chart, type Mark } from "../../components/Chart";
import { Ask, ErrorBox, StatePill } from "../../components/State";
import { Stat } from "../../components/Stat";
import { ago, count, day, number, shortId } from "../../lib/format";
import { DriftStrip } from "./DriftStrip";
import { RetrainButton } from "./RetrainButton";
import { useZoom } from "./useZoom";
import { WhyDrawer } from "./WhyDrawer";

const DAY_MS = 86_400_000;

// Alerts, and what became of the retrains they led to, on the time axis of the data.
function useMarks(alerts: Alert[] | undefined, firings: Firing[] | undefined): Mark[] {
  return useMemo(() => {
    const outcomes = new Map((firings ?? []).map((firing) => [firing.run_id, firing.outcome]));
    return (alerts ?? []).flatMap((alert): Mark[] => {
      const x = (alert.day_ms + DAY_MS) / 1000;
      const mark: Mark = { x, color: "bad", head: "flag", label: `Alert: ${alert.message}` };
      const outcome = outcomes.get(alert.retrain_run_id ?? null);
      if (!alert.retrain_run_id) return [mark];
      return [mark, { x, color: outcome === "promoted" ? "good" : "ink-3", head: "dot", label: `Retrain: ${outcome ?? "running"}` }];
    });
  }, [alerts, firings]);
}

function Legend({ marks }: { marks: Mark[] }) {
  return (
    <div className="legend" style={{ marginBottom: 6 }}>
      <span><i style={{ borderColor: "var(--t-forecast)" }} />Forecast</span>
      <span><i style={{ borderColor: "var(--t-truth)" }} />Truth</span>
      {marks.length > 0 && <span><i className="tick" style={{ borderColor: "var(--t-bad)" }} />Alert</span>}
      {marks.some((mark) => mark.color === "good") && <span><i className="dot" style={{ background: "var(--t-good)" }} />Retrained, promoted</span>}
      {marks.some((mark) => mark.color === "ink-3") && <span><i className="dot" style={{ background: "var(--t-ink-3)" }} />Retrained, not better</span>}
      <span>Drag to zoom, double-click for everything, click a point for its lineage</span>
    </div>
  );
}

function Numbers({ points, performance }: { points: ForecastPoint[]; performance: Performance | undefined }) {
  const known = points.filter((point) => point.truth !== null);
  const mae = known.reduce((sum, point) => sum + Math.abs(point.prediction - (point.truth ?? 0)), 0) / known.length;
  const last = performance?.series.at(-1);
  const baseline = performance?.baseline?.mae ?? null;
  const naive = performance?.series.filter((item) => item.naive_day_mae != null) ?? [];
  const naiveMae = naive.reduce((sum, item) => sum + (item.naive_day_mae ?? 0), 0) / naive.length;
  return (
    <div className="cards">
      <Stat label="Mean absolute error, all days" value={known.length > 0 ? number(mae) : "–"} note={naive.length > 0 ? `${number(naiveMae)} for the same time yesterday` : "no truths yet"} />
      <Stat label="Last 7 days" value={number(last?.rolling_mae)} note={baseline === null ? "no baseline" : `${number(baseline)} when it was trained`} />
      <Stat label="Forecasts" value={count(points.length)} note={`${count(known.length)} with a known truth`} />
      <Stat label="Latest day" value={points.length > 0 ? day(points[points.length - 1].event_ms) : "–"} note={last ? `MAPE ${number(last.mape, 1)} %` : undefined} />
    </div>
  );
}

function ZoomButtons({ points, setZoom }: { points: ForecastPoint[]; setZoom: (zoom: [number, number] | null) => void }) {
  const last = points.length > 0 ? points[points.length - 1].event_ms / 1000 : 0;
  const show = (days: number) => setZoom([last - days * 86_400, last + 1800]);
  return (
    <div className="legend" role="group" aria-label="Time window">
      {[7, 14, 30].map((days) => (
        <button key={days} className="field" type="button" onClick={() => show(days)}>{days} days</button>
      ))}
      <button className="field" type="button" onClick={() => setZoom(null)}>All</button>
    </div>
  );
}

// One line per alert with what came of it, and one per retrain that somebody asked for.
function Alerts({ alerts, firings }: { alerts: Alert[]; firings: Firing[] }) {
  const of = new Map(firings.map((firing) => [firing.run_id, firing]));
  const answered = new Set(alerts.map((alert) => alert.retrain_run_id));
  const asked = firings.filter((firing) => !answered.has(firing.run_id) && firing.state !== "SKIPPED");
  const retrain = (firing: Firing | undefined) => firing?.run_id && (
    <Link href={`/runs/${firing.run_id}`} aria-label={`Retrain run ${shortId(firing.run_id)}`}><StatePill state={firing.outcome ?? firing.state} /></Link>
  );
  return (
    <div className="scroll" style={{ maxHeight: 256 }} tabIndex={0} role="region" aria-label="List of alerts and retrains">
      <table className="plain">
        <thead><tr><th>What happened</th><th>Alert</th><th>Retrain</th></tr></thead>
        <tbody>
          {asked.map((firing) => (
            <tr key={firing.id}><td><div className="sub">{ago(firing.time_ms)}</div>{firing.reason}</td><td /><td>{retrain(firing)}</td></tr>
          ))}
          {alerts.map((alert) => (
            <tr key={alert.id}><td><div className="sub">{day(alert.day_ms)}</div>{alert.message}</td><td><StatePill state={alert.state} /></td>
              <td>{retrain(of.get(alert.retrain_run_id ?? null))}</td></tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

// What the model forecasts, as its training run recorded it; the axis is named after it.
function useTarget(deployment: Deployment | undefined): string | undefined {
  const versions = useModel(deployment?.model ?? "").data?.versions;
  const run = useTrackingRun(versions?.find((item) => item.version === Number(deployment?.version))?.run_id ?? "").data;
  return useMemo(() => {
    try {
      return (JSON.parse(run?.params.feature_config ?? "{}") as { target?: string }).target;
    } catch {
      return undefined;
    }
  }, [run]);
}

export default function ForecastPage({ name }: { name: string }) {
  useDocumentTitle(`${name} · Treadle`);
  const deployment = useDeployments().data?.find((item) => item.name === name);
  const forecast = useForecast(name);
  const performance = usePerformance(name);
  const drift = useDrift(name);
  const alerts = useAlerts(name);
  const firings = useFirings(`retrain-${name}`);
  const history = useDeploymentHistory(name);
  const [zoom, setZoom] = useZoom();
  const [picked, setPicked] = useState<string | null>(null);
  const points = forecast.data;
  const target = useTarget(deployment);
  const marks = useMarks(alerts.data, firings.data);
  const lines = useMemo(() => {
    const list = points ?? [];
    return [list.map((p) => p.event_ms / 1000), list.map((p) => p.prediction), list.map((p) => p.truth)] as [number[], number[], (number | null)[]];
  }, [points]);
  const errors = useMemo(() => {
    const list = performance.data?.series ?? [];
    return [list.map((d) => d.day_ms / 1000), list.map((d) => d.mae), list.map((d) => d.rolling_mae), list.map((d) => d.naive_day_mae ?? null)] as [number[], number[], (number | null)[], (number | null)[]];
  }, [performance.data]);
  const baseline = performance.data?.baseline?.mae;
  return (
    <>
      <div className="head">
        <h1>{name}</h1>
        {deployment && <StatePill state={deployment.state} />}
        {deployment && <span className="sub">serves <Link href={`/models/${encodeURIComponent(deployment.model)}`}>{deployment.model}</Link> version {deployment.version}</span>}
        <span className="grow" />
        <RetrainButton deployment={name} />
      </div>
      {deployment?.error && <ErrorBox error={deployment.error} />}
      <Ask answer={forecast} height={420} isEmpty={(list) => list.length === 0} empty="No forecasts yet. They appear here as soon as the inference pipeline logs the first one.">
        {(list) => (
          <>
            <Numbers points={list} performance={performance.data} />
            <section className="card" aria-label="Forecast against truth">
              <div className="head" style={{ marginBottom: 4 }}><h2 style={{ margin: 0 }}>Forecast against truth</h2><span className="grow" /><ZoomButtons points={list} setZoom={setZoom} /></div>
              <Legend marks={marks} />
              <Chart time data={lines} height={330} label="Forecast and truth over time" yLabel={target} marks={marks} zoom={zoom} onZoom={setZoom}
                onPick={(index) => setPicked(list[index]?.prediction_id ?? null)}
                lines={[{ label: "Forecast", color: "forecast", width: 2 }, { label: "Truth", color: "truth", width: 1.25 }]} />
            </section>
          </>
        )}
      </Ask>
      <div className="two">
        <section className="card" aria-label="Error over time">
          <h2>Mean absolute error per day</h2>
          <Ask answer={performance} height={220} isEmpty={(data) => data.series.length === 0} empty="The error is known once the first truths arrive.">
            {() => (
              <>
                <div className="legend">
                  <span><i style={{ borderColor: "var(--t-forecast)" }} />Day</span><span><i style={{ borderColor: "var(--t-weft)" }} />7 days</span>
                  <span><i style={{ borderColor: "var(--t-ink-3)" }} />Same time yesterday</span>{baseline != null && <span>dotted: when trained ({number(baseline)})</span>}
                </div>
                <Chart time data={errors} height={220} label="Mean absolute error per day" yLabel={target && `error of ${target}`} marks={marks} zoom={zoom} onZoom={setZoom}
                  level={baseline == null ? undefined : { y: baseline, color: "good" }}
                  lines={[{ label: "Day", color: "forecast", points: true }, { label: "7 days", color: "weft", width: 2.5 }, { label: "Yesterday's value", color: "ink-3", width: 1, dash: [3, 3] }]} />
              </>
            )}
          </Ask>
        </section>
        <section className="card" aria-label="Alerts and retrains">
          <h2>Alerts and retrains</h2>
          <Ask answer={alerts} isEmpty={(list) => list.length === 0 && (firings.data?.length ?? 0) === 0} empty="No alert so far.">
            {(list) => <Alerts alerts={list} firings={firings.data ?? []} />}
          </Ask>
        </section>
      </div>
      <section className="card" aria-label="Drift per feature">
        <h2>Drift per feature, day by day, against the training data</h2>
        <Ask answer={drift} height={160} isEmpty={(list) => list.length === 0} empty="No drift report yet.">
          {(series) => <DriftStrip series={series} zoom={zoom} />}
        </Ask>
      </section>
      <section className="card" aria-label="Versions served">
        <h2>Versions served</h2>
        <Ask answer={history} isEmpty={(list) => list.length === 0} empty="Nothing served yet.">
          {(list) => (
            <table className="plain">
              <thead><tr><th>Version</th><th>Why</th><th>Training run</th><th className="num">Since</th></tr></thead>
              <tbody>
                {list.map((change) => (
                  <tr key={`${change.version}-${change.from_ms}`}><td>{change.version}</td><td>{change.reason || "–"}</td>
                    <td>{change.run_id ? <Link href={`/runs/${change.run_id}`}>{shortId(change.run_id)}</Link> : "–"}</td><td className="num sub">{ago(change.from_ms)}</td></tr>
                ))}
              </tbody>
            </table>
          )}
        </Ask>
      </section>
      <WhyDrawer predictionId={picked} onClose={() => setPicked(null)} />
    </>
  );
}
