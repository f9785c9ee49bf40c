import { useIntersection } from "@mantine/hooks";
import { useMemo, useRef } from "react";
import { useHistories } from "../../api/tracking";
import type { Metric } from "../../api/types";
import { Chart, type Line, type Window } from "../../components/Chart";
import { Empty, ErrorBox, Loading } from "../../components/State";
import { compact } from "../../lib/format";
import { seriesToken } from "../../lib/series";
import { sharesOf, singleValues } from "./bars";
import { tableOf, type Look } from "./lines";

const HEIGHT = 210;
const X_LABELS = { step: "step", time: "time", relative: "seconds since its start" };

export interface Charted {
  id: string;
  name: string;
}

interface Props {
  runs: Charted[];
  metric: string;
  look: Look;
  zoom: Window;
  onZoom: (zoom: Window) => void;
}

function Lines({ histories, runs, metric, look, zoom, onZoom }: Props & { histories: Metric[][] }) {
  const data = useMemo(() => tableOf(histories, look), [histories, look]);
  const lines = useMemo(
    () => runs.flatMap(({ name }, i): Line[] => {
      const line = { label: runs.length > 1 ? name : metric, color: seriesToken(i), points: histories[i].length < 3 };
      return look.smooth > 0 ? [{ ...line, faint: true }, line] : [line];
    }),
    [runs, metric, look.smooth, histories],
  );
  const values = useMemo(() => singleValues(histories), [histories]);
  if (!zoom && values) return <Values values={values} names={runs.map(({ name }) => name)} metric={metric} />;
  if (data[0].length === 0) return <Empty>{zoom ? "No points in this range." : look.logX || look.logY ? "No point can be drawn on a log scale." : "No points."}</Empty>;
  return (
    <Chart data={data} height={HEIGHT} label={`${metric} by ${look.x}`} xLabel={X_LABELS[look.x]} time={look.x === "time"} logX={look.logX} logY={look.logY}
      lines={lines} zoom={zoom} onZoom={onZoom} digits={5} />
  );
}

// Metrics with one point a run: a length says more than a dot. Runs without the metric are left out.
function Values({ values, names, metric }: { values: (number | undefined)[]; names: string[]; metric: string }) {
  const shares = sharesOf(values);
  return (
    <ul className="values" aria-label={`${metric} by run`} style={{ maxHeight: HEIGHT }}>
      {values.map((value, i) => value !== undefined && (
        <li key={i}>
          {names.length > 1 && <span className="cut" title={names[i]}>{names[i]}</span>}
          <span className="track"><span style={{ left: `${100 * shares[i].from}%`, width: `${100 * shares[i].length}%`, background: `var(--t-${seriesToken(i)})` }} /></span>
          <b>{compact(value)}</b>
        </li>
      ))}
    </ul>
  );
}

// Asks for its points only once it is in view.
export function MetricChart(props: Props) {
  const { runs, metric, look, zoom } = props;
  const { ref, entry } = useIntersection({ rootMargin: "300px" });
  const seen = useRef(false);
  seen.current ||= entry?.isIntersecting ?? false;
  const ids = useMemo(() => runs.map(({ id }) => id), [runs]);
  const { histories, error, pending } = useHistories(ids, metric, look.x === "step" ? zoom : null, seen.current);
  const single = runs.length === 1 && histories[0].length > 0 ? compact(Number(histories[0].at(-1)![2])) : null;
  return (
    <section ref={ref} className="card" aria-label={metric}>
      <h2>{metric} {single !== null && <span className="sub">{single}</span>}</h2>
      {error ? <ErrorBox error={error} /> : pending ? <Loading height={HEIGHT} /> : <Lines {...props} histories={histories} />}
    </section>
  );
}
