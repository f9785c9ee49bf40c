// Names and values, found by typing when there are many.
import { useState, type ReactNode } from "react";
import { Empty } from "./State";

const SEARCHED_FROM = 12;
const MOST = 400; // rows drawn

interface Props {
  label: string;
  entries: [key: string, value: ReactNode][];
  empty: string;
  act?: (key: string, value: ReactNode) => ReactNode; // what can be done with one
  children?: ReactNode;
}

export function KeyValues({ label, entries, empty, act, children }: Props) {
  const [text, setText] = useState("");
  const wanted = text.toLowerCase();
  const found = entries.filter(([key, value]) => key.toLowerCase().includes(wanted) || (typeof value === "string" && value.toLowerCase().includes(wanted)));
  return (
    <section className="card" aria-label={label}>
      <h2>{label} {entries.length > 0 && <span className="sub">{entries.length}</span>}</h2>
      {entries.length >= SEARCHED_FROM && (
        <input className="field" style={{ width: "100%", marginBottom: 8 }} type="search" aria-label={`Find in ${label.toLowerCase()}`} placeholder="Find" value={text} onChange={(event) => setText(event.target.value)} />
      )}
      {entries.length === 0 ? <Empty>{empty}</Empty> : (
        <div className="scroll" style={{ maxHeight: 420 }} tabIndex={0} role="group" aria-label={`${label}, values`}>
          <table className="plain"><tbody>
            {found.slice(0, MOST).map(([key, value]) => (
              <tr key={key}><th scope="row" className="key">{key}</th><td className="mono value">{value}</td>{act && <td className="acts">{act(key, value)}</td>}</tr>
            ))}
          </tbody></table>
          {found.length === 0 && <Empty>Nothing has this text.</Empty>}
          {found.length > MOST && <p className="sub">{found.length - MOST} more: type to find them.</p>}
        </div>
      )}
      {children}
    </section>
  );
}
