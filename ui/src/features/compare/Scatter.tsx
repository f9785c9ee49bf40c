import type { Run } from "../../api/types";
import { Frame, usePlotBox } from "../../components/plot/Frame";
import { scaleOf } from "../../components/plot/scale";
import { Empty } from "../../components/State";
import { useUrlState } from "../../lib/urlState";
import type { Dimension } from "./dimensions";
import { Pick, pickOf } from "./Pick";
import { Points } from "./Points";

const HEIGHT = 460;

export function Scatter({ runs, dimensions, hovered, onHover }: { runs: Run[]; dimensions: Dimension[]; hovered: string | null; onHover: (id: string | null) => void }) {
  const [query, change] = useUrlState();
  const { ref, width, box } = usePlotBox(HEIGHT);
  const varied = dimensions.filter((dimension) => dimension.differs);
  const xs = pickOf(dimensions, query.get("sx") ?? varied[0]?.id ?? null, 0);
  const ys = pickOf(dimensions, query.get("sy"), dimensions.length - 1);
  const logX = query.get("logx") === "1";
  const logY = query.get("logy") === "1";
  if (!xs || !ys) return <section className="card"><Empty>These runs have no params and no metrics.</Empty></section>;
  const x = scaleOf(xs.values, box.left + 12, box.right - 12, logX);
  const y = scaleOf(ys.values, box.bottom - 12, box.top + 12, logY);
  return (
    <section className="card" aria-label="Scatter">
      <div className="bar" style={{ marginTop: 0 }}>
        <Pick label="x" dimensions={dimensions} value={xs.id} onChange={(sx) => change({ sx })} />
        <Pick label="y" dimensions={dimensions} value={ys.id} onChange={(sy) => change({ sy })} />
        <label className="inline"><input type="checkbox" checked={logX} onChange={(event) => change({ logx: event.target.checked ? "1" : null })} />log x</label>
        <label className="inline"><input type="checkbox" checked={logY} onChange={(event) => change({ logy: event.target.checked ? "1" : null })} />log y</label>
      </div>
      <div ref={ref} style={{ minHeight: HEIGHT }}>
        {width > 0 && (
          <Frame label={`${ys.title} over ${xs.title}`} width={width} height={HEIGHT} box={box} x={x} y={y} xLabel={xs.title} yLabel={ys.title}>
            <Points runs={runs} x={x} y={y} xs={xs} ys={ys} hovered={hovered} onHover={onHover} />
          </Frame>
        )}
      </div>
    </section>
  );
}
