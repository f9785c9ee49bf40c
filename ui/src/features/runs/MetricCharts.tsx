import { useMemo } from "react";
import { useMetric } from "../../api/queries";
import type { TrackingRun } from "../../api/types";
import { Chart } from "../../components/Chart";
import { Ask } from "../../components/State";

function MetricChart({ run, name }: { run: string; name: string }) {
  const metric = useMetric(run, name);
  const data = useMemo(
    () => [(metric.data ?? []).map(([step]) => step), (metric.data ?? []).map(([, , value]) => value)] as [number[], number[]],
    [metric.data],
  );
  return (
    <Ask answer={metric} height={170}>
      {(points) =>
        points.length < 2 ? null : (
          <div className="card" style={{ margin: 0 }}>
            <h2>{name}</h2>
            <Chart data={data} height={180} label={`${name} by step`} xLabel="step" lines={[{ label: name, color: "forecast" }]} digits={4} />
          </div>
        )
      }
    </Ask>
  );
}

// Metrics with a course get a chart; single values a table.
export function MetricCharts({ run }: { run: TrackingRun }) {
  const names = Object.keys(run.metrics).sort();
  if (names.length === 0) return null;
  return (
    <>
      <section className="card" aria-label="Metrics">
        <h2>Metrics</h2>
        <div style={{ columns: "260px", columnGap: 28 }}>
          {names.map((name) => (
            <div key={name} style={{ display: "flex", justifyContent: "space-between", gap: 12, fontSize: 13.5, padding: "3px 0", breakInside: "avoid" }}>
              <span>{name}</span><b style={{ fontWeight: 580 }}>{typeof run.metrics[name] === "number" ? (run.metrics[name] as number).toPrecision(5) : run.metrics[name]}</b>
            </div>
          ))}
        </div>
      </section>
      <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(320px, 1fr))", gap: 14, marginBottom: 16 }}>
        {names.map((name) => <MetricChart key={name} run={run.id} name={name} />)}
      </div>
    </>
  );
}
