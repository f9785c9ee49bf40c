import { useDocumentTitle } from "@mantine/hooks";
import { useMemo, useState } from "react";
import { Link } from "wouter";
import { useRuns } from "../../api/tracking";
import type { Run } from "../../api/types";
import { Empty, ErrorBox, Loading } from "../../components/State";
import { Tabs } from "../../components/Tabs";
import { count } from "../../lib/format";
import { seriesColor } from "../../lib/series";
import { readList, useUrlState, writeList } from "../../lib/urlState";
import { MetricCharts } from "../charts/MetricCharts";
import { Contour } from "./Contour";
import { DiffTable } from "./DiffTable";
import { dimensionsOf } from "./dimensions";
import { Parallel } from "./Parallel";
import { Scatter } from "./Scatter";

const MOST_COMPARED = 100;
const TABS = { table: "Table", charts: "Charts", parallel: "Parallel coordinates", scatter: "Scatter", contour: "Contour" };

function RunList({ runs, hovered, onHover, onRemove }: { runs: Run[]; hovered: string | null; onHover: (id: string | null) => void; onRemove: (id: string) => void }) {
  return (
    <ul className="runlist" aria-label="Compared runs">
      {runs.map((run, i) => (
        <li key={run.id} onPointerEnter={() => onHover(run.id)} onPointerLeave={() => onHover(null)}>
          <span className="swatch" style={{ background: seriesColor(i), outline: hovered === run.id ? "2px solid var(--t-ink)" : undefined }} />
          <Link className="cut" href={`/runs/${run.id}`}>{run.name}</Link>
          <button type="button" className="link" aria-label={`Leave out ${run.name}`} onClick={() => onRemove(run.id)}>×</button>
        </li>
      ))}
    </ul>
  );
}

function Compared({ runs, show }: { runs: Run[]; show: string }) {
  const [, change] = useUrlState();
  const [hovered, setHovered] = useState<string | null>(null);
  const dimensions = useMemo(() => dimensionsOf(runs), [runs]);
  const metrics = useMemo(() => [...new Set(runs.flatMap((run) => Object.keys(run.metrics)))].sort(), [runs]);
  const plot = { runs, dimensions, hovered, onHover: setHovered };
  return (
    <>
      <RunList runs={runs} hovered={hovered} onHover={setHovered} onRemove={(gone) => change({ runs: writeList(runs.map(({ id }) => id).filter((id) => id !== gone)) })} />
      <Tabs label="How to compare" tabs={TABS} chosen={show} onChoose={(next) => change({ show: next === "table" ? null : next })}>
        {show === "table" && <DiffTable runs={runs} />}
        {show === "charts" && <MetricCharts runs={runs} metrics={metrics} />}
        {show === "parallel" && <Parallel {...plot} />}
        {show === "scatter" && <Scatter {...plot} />}
        {show === "contour" && <Contour {...plot} />}
      </Tabs>
    </>
  );
}

export default function ComparePage() {
  const [query] = useUrlState();
  const ids = readList(query.get("runs")).slice(0, MOST_COMPARED);
  const show = query.get("show") ?? "";
  const { runs, error, pending } = useRuns(ids);
  const experiments = [...new Set(runs.map((run) => run.experiment))];
  useDocumentTitle(`Compare ${ids.length} runs · Treadle`);
  return (
    <>
      <div className="head">
        <h1>{experiments.length === 1 && <><Link className="crumb" href={`/experiments/${experiments[0]}`}>Experiment</Link> / </>}Compare {count(ids.length)} runs</h1>
      </div>
      {error ? <ErrorBox error={error} /> : null}
      {ids.length === 0 ? <section className="card"><Empty>Choose runs in an <Link href="/experiments">experiment</Link>, then “Compare”.</Empty></section>
        : pending ? <Loading height={400} /> : <Compared runs={runs} show={show in TABS ? show : "table"} />}
    </>
  );
}
