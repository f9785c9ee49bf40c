import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { getText, segment } from "../../api/client";
import { useArtifacts } from "../../api/queries";
import type { ArtifactEntry } from "../../api/types";
import { Ask } from "../../components/State";
import { bytes } from "../../lib/format";

const PREVIEW_LIMIT = 2_000_000;

const urlOf = (run: string, path: string) => `/api/v1/runs/${segment(run)}/artifacts/${path.split("/").map(segment).join("/")}`;

function TextPreview({ url, path }: { url: string; path: string }) {
  const text = useQuery({ queryKey: ["artifact", url], queryFn: ({ signal }) => getText(url, signal) });
  const pretty = (raw: string) => {
    if (!path.endsWith(".json")) return raw;
    try {
      return JSON.stringify(JSON.parse(raw), null, 2);
    } catch {
      return raw;
    }
  };
  return <Ask answer={text} height={120}>{(raw) => <pre className="log" tabIndex={0}>{pretty(raw)}</pre>}</Ask>;
}

function Preview({ run, entry }: { run: string; entry: ArtifactEntry }) {
  const url = urlOf(run, entry.path);
  if (/\.(svg|png|jpe?g|gif|webp)$/i.test(entry.path)) return <img src={url} alt={entry.path} style={{ maxWidth: "100%", background: "#fff", borderRadius: 6 }} />;
  // A page from a run is not trusted: no scripts with our origin.
  if (/\.html?$/i.test(entry.path)) return <iframe title={entry.path} src={url} sandbox="" style={{ width: "100%", height: 420, border: "1px solid var(--t-line)", borderRadius: 6, background: "#fff" }} />;
  if (entry.size < PREVIEW_LIMIT && /(\.(json|txt|md|ya?ml|csv|log|py|toml)|MLmodel|requirements\.txt)$/i.test(entry.path)) return <TextPreview url={url} path={entry.path} />;
  return <p className="sub"><a href={url} download>Download {entry.path}</a></p>;
}

function Folder({ run, path, chosen, onChoose }: { run: string; path: string; chosen: string | null; onChoose: (entry: ArtifactEntry) => void }) {
  const entries = useArtifacts(run, path);
  return (
    <Ask answer={entries} height={60} isEmpty={(list) => list.length === 0} empty="No artifacts were logged.">
      {(list) => (
        <ul style={{ listStyle: "none", margin: 0, paddingLeft: path ? 16 : 0, fontSize: 13.5 }}>
          {list.map((entry) => {
            const name = entry.path.split("/").at(-1);
            return (
              <li key={entry.path} style={{ padding: "2px 0" }}>
                {entry.is_folder ? (
                  <details><summary style={{ cursor: "pointer" }}>{name}/</summary><Folder run={run} path={entry.path} chosen={chosen} onChoose={onChoose} /></details>
                ) : (
                  <button type="button" onClick={() => onChoose(entry)} aria-pressed={chosen === entry.path}
                    style={{ background: "none", border: 0, padding: 0, font: "inherit", cursor: "pointer", color: "var(--t-accent)", fontWeight: chosen === entry.path ? 620 : 400 }}>
                    {name} <span className="sub">{bytes(entry.size)}</span>
                  </button>
                )}
              </li>
            );
          })}
        </ul>
      )}
    </Ask>
  );
}

export function Artifacts({ runId }: { runId: string }) {
  const [chosen, setChosen] = useState<ArtifactEntry | null>(null);
  return (
    <section className="card" aria-label="Artifacts">
      <h2>Artifacts</h2>
      <Folder run={runId} path="" chosen={chosen?.path ?? null} onChoose={setChosen} />
      {chosen && <div style={{ marginTop: 14 }}><Preview run={runId} entry={chosen} /></div>}
    </section>
  );
}
