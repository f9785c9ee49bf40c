// Which columns the table shows: everything the runs seen so far have, found by name.
import { useMemo, useState } from "react";
import { Dropdown } from "../../components/Dropdown";
import { allColumns, type Column, type Keys } from "./columns";

const MOST = 200; // boxes drawn at once
const KINDS = { attributes: "Attributes", metrics: "Metrics", params: "Parameters", tags: "Tags" } as const;

function Choices({ found, chosen, onChange }: { found: Column[]; chosen: string[]; onChange: (ids: string[]) => void }) {
  const toggle = (id: string) => onChange(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id]);
  return (
    <>
      {(Object.keys(KINDS) as (keyof typeof KINDS)[]).map((kind) => {
        const columns = found.filter((column) => column.kind === kind);
        return columns.length > 0 && (
          <fieldset key={kind}>
            <legend>{KINDS[kind]}</legend>
            {columns.map((column) => (
              <label key={column.id} className="check">
                <input type="checkbox" checked={chosen.includes(column.id)} onChange={() => toggle(column.id)} /> <span className="cut">{column.title}</span>
              </label>
            ))}
          </fieldset>
        );
      })}
    </>
  );
}

export function ColumnsButton({ keys, stamp, chosen, onChange }: { keys: Keys; stamp: number; chosen: string[]; onChange: (ids: string[] | null) => void }) {
  const [text, setText] = useState("");
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const all = useMemo(() => allColumns(keys), [keys, stamp]);
  const found = all.filter((column) => column.id.toLowerCase().includes(text.toLowerCase()));
  const shown = found.slice(0, MOST);
  return (
    <Dropdown label={`Columns (${chosen.length})`} title="Columns" width={280}>
      {() => (
        <>
          <input className="field" type="search" aria-label="Find a column" placeholder="Find a column" value={text} onChange={(event) => setText(event.target.value)} />
          <div className="buttons">
            <button type="button" className="link" onClick={() => onChange([...new Set([...chosen, ...shown.map(({ id }) => id)])])}>All of these</button>
            <button type="button" className="link" onClick={() => onChange(chosen.filter((id) => !shown.some((column) => column.id === id)))}>None of these</button>
            <button type="button" className="link" onClick={() => onChange(null)}>As at first</button>
          </div>
          <div className="list" tabIndex={-1}><Choices found={shown} chosen={chosen} onChange={onChange} /></div>
          {found.length > MOST && <p className="sub">{found.length - MOST} more: type to find them.</p>}
        </>
      )}
    </Dropdown>
  );
}
