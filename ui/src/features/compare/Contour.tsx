// A metric over two params: the plane between the runs is filled in by their distance, in bands of equal value.
import { useEffect, useMemo, useRef } from "react";
import type { Run } from "../../api/types";
import { Frame, usePlotBox, type Box } from "../../components/plot/Frame";
import { scaleOf } from "../../components/plot/scale";
import { Empty } from "../../components/State";
import { compact } from "../../lib/format";
import { useUrlState } from "../../lib/urlState";
import type { Dimension } from "./dimensions";
import { Pick, pickOf } from "./Pick";
import { Points } from "./Points";

const HEIGHT = 460;
const CELL = 4;
const BANDS = 10;

interface Known {
  x: number;
  y: number;
  z: number;
}

// The mean of the runs, each weighted by the inverse square of its distance.
function valueAt(x: number, y: number, known: Known[]) {
  let sum = 0;
  let weights = 0;
  for (const point of known) {
    const distance = (point.x - x) ** 2 + (point.y - y) ** 2;
    if (distance < 1) return point.z;
    sum += point.z / distance;
    weights += 1 / distance;
  }
  return sum / weights;
}

// From deep blue over green to yellow, even for those who do not see red and green apart.
const bandColor = (share: number) => `hsl(${250 - 195 * share} 62% ${30 + 38 * share}%)`;

function paint(canvas: HTMLCanvasElement, box: Box, known: Known[], low: number, high: number) {
  const context = canvas.getContext("2d")!;
  context.clearRect(0, 0, canvas.width, canvas.height);
  for (let y = box.top; y < box.bottom; y += CELL) {
    for (let x = box.left; x < box.right; x += CELL) {
      const share = high > low ? (valueAt(x + CELL / 2, y + CELL / 2, known) - low) / (high - low) : 0.5;
      context.fillStyle = bandColor(Math.min(BANDS - 1, Math.floor(share * BANDS)) / (BANDS - 1));
      context.fillRect(x, y, CELL, CELL);
    }
  }
}

function Legend({ low, high, title }: { low: number; high: number; title: string }) {
  return (
    <div className="legend" style={{ marginTop: 8 }}>
      <span>{title}</span><span>{compact(low)}</span>
      <span aria-hidden="true" style={{ display: "inline-flex" }}>{Array.from({ length: BANDS }, (_, i) => <span key={i} className="swatch" style={{ background: bandColor(i / (BANDS - 1)), borderRadius: 0 }} />)}</span>
      <span>{compact(high)}</span>
    </div>
  );
}

export function Contour({ runs, dimensions, hovered, onHover }: { runs: Run[]; dimensions: Dimension[]; hovered: string | null; onHover: (id: string | null) => void }) {
  const [query, change] = useUrlState();
  const { ref, width, box } = usePlotBox(HEIGHT);
  const canvas = useRef<HTMLCanvasElement>(null);
  const numeric = dimensions.filter((dimension) => dimension.numeric);
  const varied = numeric.filter((dimension) => dimension.differs);
  const params = varied.filter(({ id }) => id.startsWith("params."));
  const xs = pickOf(numeric, query.get("cx") ?? params[0]?.id ?? null, 0);
  const ys = pickOf(numeric, query.get("cy") ?? params[1]?.id ?? null, 1);
  const zs = pickOf(numeric, query.get("cz"), numeric.length - 1);
  const plane = useMemo(() => {
    if (!xs || !ys || !zs) return null;
    const x = scaleOf(xs.values, box.left + 12, box.right - 12);
    const y = scaleOf(ys.values, box.bottom - 12, box.top + 12);
    const known = zs.values.flatMap((z, i): Known[] => {
      const at = [x.place(xs.values[i]), y.place(ys.values[i])];
      return typeof z === "number" && Number.isFinite(z) && at[0] !== null && at[1] !== null ? [{ x: at[0], y: at[1], z }] : [];
    });
    return { x, y, known, low: Math.min(...known.map(({ z }) => z)), high: Math.max(...known.map(({ z }) => z)) };
  }, [xs, ys, zs, box.left, box.right, box.top, box.bottom]);
  useEffect(() => {
    if (canvas.current && plane && plane.known.length > 2) paint(canvas.current, box, plane.known, plane.low, plane.high);
  });
  if (!xs || !ys || !zs || !plane) return <section className="card"><Empty>A contour needs two params or metrics that are numbers.</Empty></section>;
  return (
    <section className="card" aria-label="Contour">
      <div className="bar" style={{ marginTop: 0 }}>
        <Pick label="x" dimensions={numeric} value={xs.id} onChange={(cx) => change({ cx })} />
        <Pick label="y" dimensions={numeric} value={ys.id} onChange={(cy) => change({ cy })} />
        <Pick label="Colour" dimensions={numeric} value={zs.id} onChange={(cz) => change({ cz })} />
      </div>
      <div ref={ref} style={{ minHeight: HEIGHT, position: "relative" }}>
        {plane.known.length < 3 ? <Empty>A contour needs at least three runs that have all three values.</Empty> : width > 0 && (
          <>
            <canvas ref={canvas} width={width} height={HEIGHT} aria-hidden="true" style={{ position: "absolute", left: 0, top: 0 }} />
            <Frame label={`${zs.title} over ${xs.title} and ${ys.title}`} width={width} height={HEIGHT} box={box} x={plane.x} y={plane.y} xLabel={xs.title} yLabel={ys.title}>
              <Points runs={runs} x={plane.x} y={plane.y} xs={xs} ys={ys} hovered={hovered} onHover={onHover} />
            </Frame>
          </>
        )}
      </div>
      {plane.known.length > 2 && <Legend low={plane.low} high={plane.high} title={zs.title} />}
    </section>
  );
}
