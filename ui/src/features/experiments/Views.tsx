// Saved views: names for addresses of this table, kept in this browser.
import { useLocalStorage } from "@mantine/hooks";
import { useState, type FormEvent } from "react";
import { Link, useSearch } from "wouter";
import { Dropdown } from "../../components/Dropdown";

type Saved = Record<string, string>;
const MOST = 50;

function withoutSelection(search: string) {
  const query = new URLSearchParams(search);
  query.delete("selected");
  return query.toString();
}

export function ViewsButton({ experiment }: { experiment: string }) {
  const search = useSearch();
  const [views, setViews] = useLocalStorage<Saved>({ key: `treadle.views.${experiment}`, defaultValue: {}, getInitialValueInEffect: false });
  const [name, setName] = useState("");
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (!name.trim()) return;
    setViews(Object.fromEntries(Object.entries({ ...views, [name.trim()]: withoutSelection(search) }).slice(-MOST)));
    setName("");
  };
  const forget = (gone: string) => setViews(Object.fromEntries(Object.entries(views).filter(([one]) => one !== gone)));
  return (
    <Dropdown label="Views" title="Saved views" width={270}>
      {(close) => (
        <>
          <form className="buttons" onSubmit={save}>
            <input className="field" style={{ flex: 1, minWidth: 0 }} aria-label="Name of this view" placeholder="Name of this view" maxLength={80} value={name} onChange={(event) => setName(event.target.value)} />
            <button type="submit" className="field">Save</button>
          </form>
          {Object.keys(views).length === 0 ? <p className="sub">Saved filters, columns and orders are listed here.</p> : (
            <ul className="list">
              {Object.entries(views).sort(([a], [b]) => a.localeCompare(b)).map(([one, query]) => (
                <li key={one}>
                  <Link className="cut" href={`/experiments/${experiment}${query && `?${query}`}`} onClick={close}>{one}</Link>
                  <button type="button" className="link" aria-label={`Forget the view ${one}`} onClick={() => forget(one)}>×</button>
                </li>
              ))}
            </ul>
          )}
        </>
      )}
    </Dropdown>
  );
}
