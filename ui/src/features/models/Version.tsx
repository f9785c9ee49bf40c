// One version: what it is, its lineage, and what can be done with it.
import { Link } from "wouter";
import { useDescribe } from "../../api/registry";
import type { ModelDetails, ModelVersion } from "../../api/types";
import { EditableText } from "../../components/EditableText";
import { minute, shortId } from "../../lib/format";
import { Approvals } from "./Approvals";
import { DeployButton } from "./DeployButton";
import { Lineage } from "./Lineage";
import { Promote } from "./Promote";
import { Tags } from "./Tags";

export function Version({ model, version }: { model: ModelDetails; version: ModelVersion }) {
  const owner = { name: model.name, version: version.version };
  const describe = useDescribe(owner);
  return (
    <>
      <section className="card" aria-label={`Version ${version.version}`}>
        <div className="bar" style={{ marginTop: 0 }}>
          <h2 style={{ margin: 0 }}>Version {version.version}</h2>
          {version.stage && version.stage !== "None" && <span className="pill good">{version.stage}</span>}
          <Promote model={model} version={version} />
          <DeployButton model={model.name} version={version.version} />
        </div>
        <p className="sub">
          Made {minute(version.created_ms)} UTC{version.run_id && <> by <Link href={`/runs/${version.run_id}`}>run {shortId(version.run_id)}</Link></>}, from <span className="mono value">{version.source}</span>
        </p>
        <EditableText label="Description" text={version.description} saving={describe} />
        <Tags owner={owner} tags={version.tags} />
        <Approvals model={model.name} version={version.version} />
      </section>
      <Lineage model={model.name} version={version} />
    </>
  );
}
