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

function RawRows({ rows }: { rows: Why["raw_rows"] }) {
  const columns = Object.keys(rows[0] ?? {});
  return (
    <div className="scroll" style={{ maxHeight: 180 }}>
      <table className="plain">
        <thead><tr>{columns.map((column) => <th key={column}>{column}</th>)}</tr></thead>
        <tbody>{rows.map((row, i) => <tr key={i}>{columns.map((column) => <td key={column}>{String(row[column] ?? "–")}</td>)}</tr>)}</tbody>
      </table>
    </div>
  );
}

function Chain({ why }: { why: Why }) {
  return (
    <ul className="chain">
      <li><div className="what">Prediction for {why.prediction.key}</div><b>{number(why.prediction.value, 4)}</b>{why.truth && <> · truth {number(why.truth.value, 4)}</>}<div className="mono sub">{why.prediction.id}</div></li>
      {why.deployment && <li><div className="what">Served by deployment</div>{why.deployment.name}</li>}
      {why.model_version && <li><div className="what">Model version</div><Link href={`/models/${encodeURIComponent(why.model_version.name)}`}>{why.model_version.name} {why.model_version.version}</Link></li>}
      {why.run && <li><div className="what">Trained by run</div><Link href={`/runs/${why.run.id}`}>{why.run.name}</Link></li>}
      {why.training_data && <li><div className="what">Training data</div>{why.training_data.name}<div className="mono sub" style={{ overflowWrap: "anywhere" }}>{why.training_data.digest}</div></li>}
      {why.pipeline_run && <li><div className="what">Forecast by pipeline run</div><Link href={`/runs/${why.pipeline_run.id}`}>{why.pipeline_run.name}</Link></li>}
      <li><div className="what">Features</div><Features features={why.features} /></li>
      <li><div className="what">Raw rows</div><RawRows rows={why.raw_rows} /></li>
      {why.commit && <li><div className="what">Commit</div><span className="mono">{why.commit}</span></li>}
    </ul>
  );
}

export function WhyDrawer({ predictionId, onClose }: { predictionId: string | null; onClose: () => void }) {
  const why = useWhy(predictionId);
  return (
    <Drawer opened={predictionId !== null} onClose={onClose} position="right" title="Where this prediction came from" size="md">
      {predictionId !== null && <Ask answer={why} height={300}>{(data) => <Chain why={data} />}</Ask>}
    </Drawer>
  );
}
