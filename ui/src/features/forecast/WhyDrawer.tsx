// Where one prediction came from, from the answer back to the raw rows and the commit.
import { Drawer } from "@mantine/core";
import { Link } from "wouter";
import { useWhy } from "../../api/queries";
import type { Why } from "../../api/types";
import { Ask } from "../../components/State";
import { number } from "../../lib/format";

function Features({ features }: { features: Why["features"] }) {
  return (
    <div className="scroll" style={{ maxHeight: 220 }}>
      <table className="plain">
        <tbody>
          {Object.entries(features).map(([name, value]) => (
            <tr key={name}><td>{name}</td><td className="num">{number(value)}</td></tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const shown = (value: unknown) => (typeof value === "number" ? value.toFixed(3) : String(value ?? ""));

// The line in the file, when it was, what it said, and which features it became.
function RawRows({ rows, source }: { rows: Why["raw_rows"]; source: Why["raw_source"] }) {
  const values = Object.keys(rows[0] ?? {}).filter((name) => name !== "line" && name !== "features" && name !== "timestamp");
  if (rows.length === 0) return <span className="sub">Not recorded for this prediction.</span>;
  return (
    <>
      {source && <div className="mono sub" style={{ overflowWrap: "anywhere" }}>{source.path}{source.sha256 && <> · sha256 {source.sha256.slice(0, 12)}</>}</div>}
      <div className="scroll" style={{ maxHeight: 240 }}>
        <table className="plain" aria-label="Raw rows">
          <thead><tr><th>Line</th><th>Time</th>{values.map((name) => <th key={name} className="num">{name}</th>)}<th>Became</th></tr></thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.line}>
                <td>{row.line}</td><td style={{ whiteSpace: "nowrap" }}>{String(row.timestamp ?? "").slice(0, 16).replace("T", " ")}</td>
                {values.map((name) => <td key={name} className="num">{shown(row[name])}</td>)}
                <td className="sub">{row.features.join(", ")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

// A run that the reader may not see is told of without its name.
function RunLink({ run }: { run: NonNullable<Why["run"] | Why["pipeline_run"]> }) {
  return "hidden" in run ? <span className="sub">hidden: you may not read its experiment</span> : <Link href={`/runs/${run.id}`}>{run.name}</Link>;
}

function Chain({ why }: { why: Why }) {
  return (
    <ul className="chain">
      <li><div className="what">Prediction for {why.prediction.key}</div><b>{number(Number(why.prediction.value), 4)}</b>{why.truth && <> · truth {number(why.truth.value, 4)}</>}<div className="mono sub">{why.prediction.id}</div></li>
      {why.deployment && <li><div className="what">Served by deployment</div>{why.deployment.name}</li>}
      {why.model_version && <li><div className="what">Model version</div><Link href={`/models/${encodeURIComponent(why.model_version.name)}`}>{why.model_version.name} {why.model_version.version}</Link></li>}
      {why.run && <li><div className="what">Trained by run</div><RunLink run={why.run} /></li>}
      {why.training_data && <li><div className="what">Training data</div>{why.training_data.name}<div className="mono sub" style={{ overflowWrap: "anywhere" }}>{why.training_data.digest}</div></li>}
      {why.pipeline_run && <li><div className="what">Forecast by pipeline run</div><RunLink run={why.pipeline_run} /></li>}
      <li><div className="what">Features</div><Features features={why.features} /></li>
      <li><div className="what">Raw rows</div><RawRows rows={why.raw_rows} source={why.raw_source} /></li>
      {why.commit && <li><div className="what">Code</div><span className="mono" style={{ overflowWrap: "anywhere" }}>{why.commit}</span>{why.commit_dirty && <span className="sub"> with uncommitted changes</span>}</li>}
    </ul>
  );
}

export function WhyDrawer({ predictionId, onClose }: { predictionId: string | null; onClose: () => void }) {
  const why = useWhy(predictionId);
  return (
    <Drawer opened={predictionId !== null} onClose={onClose} position="right" title="Where this prediction came from" size="xl">
      {predictionId !== null && <Ask answer={why} height={300}>{(data) => <Chain why={data} />}</Ask>}
    </Drawer>
  );
}
