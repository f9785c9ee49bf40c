import { useDocumentTitle } from "@mantine/hooks";
import { Link } from "wouter";
import { useModel } from "../../api/queries";
import { Ask } from "../../components/State";
import { ago, number } from "../../lib/format";

export default function ModelPage({ name }: { name: string }) {
  useDocumentTitle(`${name} · Treadle`);
  return (
    <>
      <div className="head"><h1>{name}</h1><span className="sub">registered model</span></div>
      <section className="card">
        <Ask answer={useModel(name)} isEmpty={(model) => model.versions.length === 0} empty="This model has no versions yet.">
          {(model) => (
            <div className="scroll">
              <table className="plain">
                <thead><tr><th>Version</th><th>Aliases</th><th className="num">Test MAE</th><th>Trained by</th><th className="num">Created</th></tr></thead>
                <tbody>
                  {[...model.versions].sort((a, b) => b.version - a.version).map((version) => (
                    <tr key={version.version}>
                      <td>{version.version}</td>
                      <td>{version.aliases.map((alias) => <span className="pill good" key={alias}>{alias}</span>)}</td>
                      <td className="num">{version.tags.test_mae ? number(Number(version.tags.test_mae)) : "–"}</td>
                      <td>{version.run_id ? <Link href={`/runs/${version.run_id}`}>run {version.run_id.slice(0, 8)}</Link> : "–"}</td>
                      <td className="num sub">{ago(version.created_ms)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )}
        </Ask>
      </section>
    </>
  );
}
