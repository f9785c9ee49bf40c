// Parallel coordinates: each run a line over the chosen axes, coloured as in the list of runs.
import { useElementSize } from "@mantine/hooks";
import { useMemo } from "react";
import { Link } from "wouter";
import type { Run } from "../../api/types";
import { Dropdown } from "../../components/Dropdown";
import { scaleOf } from "../../components/plot/scale";
import { Empty } from "../../components/State";
import { seriesColor } from "../../lib/series";
import { readList, useUrlState, writeList } from "../../lib/urlState";
import type { Dimension } from "./dimensions";

const HEIGHT = 420;
const TOP = 40;
const FIRST = 7; // axes before anybody chose

export function Parallel({ runs, dimensions, hovered, onHover }: { runs: Run[]; dimensions: Dimension[]; hovered: string | null; onHover: (id: string | null) => void }) {
  const [query, change] = useUrlState();
  const { ref, width } = useElementSize<HTMLDivElement>();
  const asked = readList(query.get("axes"));
  const usual = dimensions.filter((dimension) => dimension.differs).slice(-FIRST).map(({ id }) => id);
  const chosen = asked.length > 0 ? asked : usual;
  const axes = dimensions.filter(({ id }) => chosen.includes(id));
  const toggle = (id: string) => change({ axes: writeList(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id]) });
  const room = Math.max(width, axes.length * 90);
  const scales = useMemo(() => axes.map(({ values }) => scaleOf(values, HEIGHT - 20, TOP)), [axes]);
  const xAt = (i: number) => 50 + (axes.length > 1 ? (i * (room - 150)) / (axes.length - 1) : 0);
  const pathOf = (run: number) => {
    const points = axes.flatMap(({ values }, i) => {
      const y = scales[i].place(values[run]);
      return y === null ? [] : [`${xAt(i)},${y}`];
    });
    return points.length > 1 ? `M${points.join("L")}` : null;
  };
  return (
    <section className="card" aria-label="Parallel coordinates">
      <div className="bar" style={{ marginTop: 0 }}>
        <Dropdown label={`Axes (${axes.length})`} title="Axes" width={260}>
          {() => <div className="list" tabIndex={-1}>{dimensions.map(({ id }) => <label key={id} className="check"><input type="checkbox" checked={chosen.includes(id)} onChange={() => toggle(id)} /><span className="cut">{id}</span></label>)}</div>}
        </Dropdown>
      </div>
      <div ref={ref} className="scroll">
        {axes.length < 2 ? <Empty>Choose at least two axes. Params and metrics that differ are there at first.</Empty> : (
          <svg className="plot" width={room} height={HEIGHT} role="group" aria-label="Runs over their params and metrics">
            {runs.map((run, i) => {
              const path = pathOf(i);
              return path && (
                <Link key={run.id} href={`/runs/${run.id}`} aria-label={run.name} onPointerEnter={() => onHover(run.id)} onPointerLeave={() => onHover(null)}>
                  <path className={`run${hovered === run.id ? " on" : ""}`} d={path} stroke={seriesColor(i)}><title>{run.name}</title></path>
                </Link>
              );
            })}
            {axes.map(({ id, title }, i) => (
              <g key={id} transform={`translate(${xAt(i)} 0)`}>
                <line className="axis" y1={TOP} y2={HEIGHT - 20} strokeWidth={1.5} />
                <text y={18} textAnchor="middle" fontWeight={600}><title>{id}</title>{title.length > 16 ? `${title.slice(0, 15)}…` : title}</text>
                {scales[i].ticks.map(({ at, label }) => <text key={at} x={7} y={at + 4}>{label}</text>)}
              </g>
            ))}
          </svg>
        )}
      </div>
    </section>
  );
}
