import type { ReactNode } from "react";
import type { Span } from "../../api/traces";
import { KeyValues } from "../../components/KeyValues";
import { ErrorBox } from "../../components/State";
import { tookText } from "./Waterfall";

const textOf = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));

function Value({ label, value }: { label: string; value: unknown }) {
  return (
    <section className="card" aria-label={label}>
      <h2>{label}</h2>
      {value === undefined || value === null ? <span className="sub">None.</span> : <pre className="log" tabIndex={0}>{textOf(value)}</pre>}
    </section>
  );
}

export function SpanPanel({ span }: { span: Span }) {
  const attributes = Object.entries(span.attributes).map(([key, value]): [string, ReactNode] => [key, textOf(value)]);
  return (
    <>
      <div className="bar">
        <h2 style={{ margin: 0 }}>{span.name}</h2><span className="sub">{[span.type.toLowerCase(), tookText(span.durationMs)].filter(Boolean).join(", ")}</span>
      </div>
      {span.error && <div style={{ marginBottom: 16 }}><ErrorBox error={span.error} /></div>}
      <div className="two even">
        <Value label="Inputs" value={span.inputs} />
        <Value label="Outputs" value={span.outputs} />
      </div>
      {span.events.map((event, i) => (
        <section key={i} className="card" aria-label={`Event ${event.name}`}>
          <h2>{event.name} <span className="sub">at {tookText(event.atMs)}</span></h2>
          {Object.entries(event.attributes).map(([key, value]) => <div key={key} style={{ marginBottom: 8 }}><span className="sub">{key}</span><pre className="log">{textOf(value)}</pre></div>)}
        </section>
      ))}
      <KeyValues label="Attributes" entries={attributes} empty="No other attributes." />
    </>
  );
}
