import { useDocumentTitle } from "@mantine/hooks";
import { Link } from "wouter";
import { useModels } from "../../api/queries";
import { Ask } from "../../components/State";
import { ago } from "../../lib/format";

export default function ModelsPage() {
  useDocumentTitle("Models · Treadle");
  return (
    <>
      <div className="head"><h1>Models</h1></div>
      <section className="card">
        <Ask answer={useModels()} isEmpty={(list) => list.length === 0} empty="No model is registered yet. A training pipeline, or the MLflow client's register_model, adds one.">
          {(list) => (
            <table className="plain">
              <thead><tr><th>Name</th><th>Aliases</th><th className="num">Versions</th><th className="num">Updated</th></tr></thead>
              <tbody>
                {list.map((model) => (
                  <tr key={model.name}>
                    <td><Link href={`/models/${encodeURIComponent(model.name)}`}>{model.name}</Link></td>
                    <td>{Object.entries(model.aliases).map(([alias, version]) => `${alias} → ${version}`).join(", ") || "–"}</td>
                    <td className="num">{model.versions_count}</td>
                    <td className="num sub">{ago(model.updated_ms)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </Ask>
      </section>
    </>
  );
}
