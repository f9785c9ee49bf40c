// Who changed what of a model, when and why, with what its gates saw.
import { useState } from "react";
import { useModelHistory, type HistoryEntry } from "../../api/gates";
import { Ask, Empty } from "../../components/State";
import { ago, minute } from "../../lib/format";
import { Findings } from "./GateState";
import { whatHappened } from "./history";

function Entry({ entry }: { entry: HistoryEntry }) {
  const [open, setOpen] = useState(false);
  return (
    <li>
      <span className="sub" title={`${minute(entry.time_ms)} UTC`}>{ago(entry.time_ms)}</span>{" "}
      <b>{entry.user || "Somebody"}</b>{entry.user && !entry.user_verified && <span className="sub" title="Nobody signed in: the client said so"> (says the client)</span>}{" "}
      {entry.kind === "promotion.refused" && <span className="pill bad">Refused</span>} {whatHappened(entry)}
      {entry.reason && <span className="sub">: {entry.reason}</span>}{" "}
      {entry.decision && <button type="button" className="link" aria-expanded={open} onClick={() => setOpen(!open)}>{open ? "Hide checks" : `${entry.decision.checks.length} ${entry.decision.checks.length === 1 ? "check" : "checks"}`}</button>}
      {open && entry.decision && <Findings checks={entry.decision.checks} />}
    </li>
  );
}

export function History({ model, version }: { model: string; version: number | null }) {
  const [only, setOnly] = useState(false);
  const history = useModelHistory(model, only ? version : null);
  return (
    <section className="card" aria-label="History">
      <div className="bar" style={{ marginTop: 0 }}>
        <h2 style={{ margin: 0 }}>History</h2>
        {version !== null && <label className="inline"><input type="checkbox" checked={only} onChange={(event) => setOnly(event.target.checked)} />only of version {version}</label>}
      </div>
      <Ask answer={history} height={80} isEmpty={({ pages }) => pages[0].history.length === 0} empty={<Empty>Nothing is known of before.</Empty>}>
        {({ pages }) => <ol className="history">{pages.flatMap((page) => page.history).map((entry) => <Entry key={entry.id} entry={entry} />)}</ol>}
      </Ask>
      {history.hasNextPage && <button type="button" className="field" disabled={history.isFetchingNextPage} onClick={() => void history.fetchNextPage()}>Older</button>}
    </section>
  );
}
