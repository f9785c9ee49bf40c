import { useDocumentTitle } from "@mantine/hooks";
import { useCallback } from "react";
import { Link } from "wouter";
import { durationOf, experimentOf, useTrace, type Trace } from "../../api/traces";
import { KeyValues } from "../../components/KeyValues";
import { Ask, Empty, StatePill } from "../../components/State";
import { ago, shortId } from "../../lib/format";
import { useUrlState } from "../../lib/urlState";
import { Assessments } from "./Assessments";
import { SpanPanel } from "./SpanPanel";
import { tookText, Waterfall } from "./Waterfall";

function Shown({ trace }: { trace: Trace }) {
  const [query, change] = useUrlState();
  const { info, spans } = trace;
  const chosen = spans.find(({ id }) => id === query.get("span")) ?? spans.find(({ parent }) => parent === null) ?? spans[0];
  const choose = useCallback((span: string) => change({ span }), [change]);
  const tags = Object.entries(info.tags ?? {}).filter(([key]) => !key.startsWith("mlflow."));
  const experiment = experimentOf(info);
  const run = info.trace_metadata?.["mlflow.sourceRun"];
  return (
    <>
      <div className="head">
        <h1>{experiment !== null && <><Link className="crumb" href={`/experiments/${experiment}/traces`}>Traces</Link> / </>}{info.tags?.["mlflow.traceName"] ?? info.trace_id}</h1>
        <StatePill state={info.state} />
        <span className="sub">{ago(Date.parse(info.request_time))}, took {tookText(durationOf(info))}{run && <>, by <Link href={`/runs/${run}`}>run {shortId(run)}</Link></>}</span>
      </div>
      <Assessments trace={info.trace_id} list={info.assessments ?? []} spanName={(id) => spans.find((span) => span.id === id)?.name} />
      <section className="card" aria-label="Spans">
        {chosen ? <Waterfall spans={spans} chosen={chosen.id} onChoose={choose} /> : <Empty>This trace has no spans.</Empty>}
      </section>
      {chosen && <SpanPanel key={chosen.id} span={chosen} />}
      <KeyValues label="Tags" entries={tags} empty="No tags were set." />
    </>
  );
}

export default function TracePage({ id }: { id: string }) {
  useDocumentTitle("Trace · Treadle");
  return <Ask answer={useTrace(id)} height={400}>{(trace) => <Shown trace={trace} />}</Ask>;
}
