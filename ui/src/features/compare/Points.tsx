import { Link } from "wouter";
import type { Run } from "../../api/types";
import type { Scale } from "../../components/plot/scale";
import { seriesColor } from "../../lib/series";
import type { Dimension } from "./dimensions";

// The runs as points of a plane; each leads to its run.
export function Points({ runs, x, y, xs, ys, hovered, onHover }: { runs: Run[]; x: Scale; y: Scale; xs: Dimension; ys: Dimension; hovered: string | null; onHover: (id: string | null) => void }) {
  return runs.map((run, i) => {
    const at = [x.place(xs.values[i]), y.place(ys.values[i])];
    if (at[0] === null || at[1] === null) return null;
    const text = `${run.name}: ${xs.title} ${xs.values[i]}, ${ys.title} ${ys.values[i]}`;
    return (
      <Link key={run.id} href={`/runs/${run.id}`} aria-label={text} onPointerEnter={() => onHover(run.id)} onPointerLeave={() => onHover(null)}>
        <circle className={hovered === run.id ? "on" : undefined} cx={at[0]} cy={at[1]} r={5.5} fill={seriesColor(i)}><title>{text}</title></circle>
      </Link>
    );
  });
}
