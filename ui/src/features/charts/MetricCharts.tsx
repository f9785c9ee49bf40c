// The charts of all metrics of one run or of several, with their shared settings.
import { useMemo } from "react";
import { Empty } from "../../components/State";
import { useUrlState } from "../../lib/urlState";
import type { XAxis } from "./lines";
import { MetricChart, type Charted } from "./MetricChart";
import { useLook } from "./useLook";

const MOST = 60; // charts on one page

function Settings({ settings }: { settings: ReturnType<typeof useLook> }) {
  const { look, zoom, setZoom, setX, setSmooth, setLog } = settings;
  return (
    <>
      <label className="inline">x
        <select className="field" aria-label="x axis" value={look.x} onChange={(event) => setX(event.target.value as XAxis)}>
          <option value="step">step</option><option value="time">time</option><option value="relative">relative time</option>
        </select>
      </label>
      <label className="inline">Smoothing
        <input type="range" min={0} max={0.99} step={0.01} value={look.smooth} aria-valuetext={look.smooth.toFixed(2)} onChange={(event) => setSmooth(Number(event.target.value))} />
        <span style={{ width: 30 }}>{look.smooth.toFixed(2)}</span>
      </label>
      <label className="inline"><input type="checkbox" checked={look.logX} onChange={(event) => setLog("logx", event.target.checked)} />log x</label>
      <label className="inline"><input type="checkbox" checked={look.logY} onChange={(event) => setLog("logy", event.target.checked)} />log y</label>
      <button type="button" className="field" disabled={!zoom} onClick={() => setZoom(null)}>Whole range</button>
    </>
  );
}

export function MetricCharts({ runs, metrics }: { runs: Charted[]; metrics: string[] }) {
  const [query, change] = useUrlState();
  const settings = useLook();
  const text = query.get("metric") ?? "";
  const found = useMemo(() => metrics.filter((name) => name.toLowerCase().includes(text.toLowerCase())), [metrics, text]);
  if (metrics.length === 0) return <section className="card"><Empty>No metrics were logged.</Empty></section>;
  return (
    <>
      <div className="bar" role="group" aria-label="Chart settings">
        <input className="field" type="search" data-shortcut="/" aria-label="Find a metric" placeholder="Metric" value={text} onChange={(event) => change({ metric: event.target.value })} />
        <Settings settings={settings} />
      </div>
      {found.length === 0 && <Empty>No metric has such a name.</Empty>}
      <div className="charts">
        {found.slice(0, MOST).map((metric) => <MetricChart key={metric} runs={runs} metric={metric} look={settings.look} zoom={settings.zoom} onZoom={settings.setZoom} />)}
      </div>
      {found.length > MOST && <p className="sub">{found.length - MOST} more metrics: type a part of a name above.</p>}
    </>
  );
}
