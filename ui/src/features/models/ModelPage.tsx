import { useDocumentTitle } from "@mantine/hooks";
import { useCallback, useMemo } from "react";
import { Link } from "wouter";
import { useModel } from "../../api/queries";
import { useDescribe } from "../../api/registry";
import type { ModelDetails, ModelVersion } from "../../api/types";
import { EditableText } from "../../components/EditableText";
import { Ask } from "../../components/State";
import { useSelection } from "../../lib/selection";
import { readList, useUrlState } from "../../lib/urlState";
import { CompareVersions } from "./CompareVersions";
import { Gates } from "./Gates";
import { History } from "./History";
import { Tags } from "./Tags";
import { Version } from "./Version";
import { Versions } from "./Versions";

function Model({ model }: { model: ModelDetails }) {
  const [query, change] = useUrlState();
  const describe = useDescribe({ name: model.name });
  const versions = useMemo(() => [...model.versions].sort((a, b) => b.version - a.version), [model.versions]);
  const selection = useSelection(versions.length, (index) => String(versions[index]?.version));
  const asked = Number(query.get("version"));
  const shown = versions.find(({ version }) => version === asked) ?? versions[0];
  const pair = useMemo(() => {
    const compared = readList(query.get("compare"));
    return versions.filter(({ version }) => compared.includes(String(version))).reverse();
  }, [versions, query]);
  const open = useCallback((version: ModelVersion) => change({ version: String(version.version), compare: null }), [change]);
  return (
    <>
      <section className="card" aria-label="About">
        <EditableText label="Description" text={model.description} saving={describe} />
        <Tags owner={{ name: model.name }} tags={model.tags} />
      </section>
      <Versions versions={versions} shown={shown?.version ?? 0} selection={selection} onOpen={open} />
      {pair.length === 2 && (
        <>
          <div className="bar"><h2 style={{ margin: 0 }}>Version {pair[0].version} and {pair[1].version}</h2><button type="button" className="link" onClick={() => change({ compare: null })}>Close</button></div>
          <CompareVersions versions={pair} />
        </>
      )}
      {shown && pair.length !== 2 && <Version key={shown.version} model={model} version={shown} />}
      <Gates model={model.name} />
      <History key={`history-${shown?.version}`} model={model.name} version={shown?.version ?? null} />
    </>
  );
}

export default function ModelPage({ name }: { name: string }) {
  useDocumentTitle(`${name} · Treadle`);
  return (
    <>
      <div className="head"><h1><Link href="/models" className="crumb">Models</Link> / {name}</h1></div>
      <Ask answer={useModel(name)} height={400}>{(model) => <Model model={model} />}</Ask>
    </>
  );
}
