// Puts one tag in. A key that is there already is replaced, and the button says so.
import { useEffect, useId, useRef, useState, type FormEvent } from "react";
import { ErrorBox } from "./State";

export interface TagDraft {
  key: string;
  value: string;
}

interface Props {
  known: (key: string) => boolean;
  editing: TagDraft | null; // a tag whose value is to be changed
  busy: boolean;
  error: unknown;
  onSet: (tag: TagDraft, done: () => void) => void;
}

export function TagForm({ known, editing, busy, error, onSet }: Props) {
  const id = useId();
  const valueField = useRef<HTMLInputElement>(null);
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  useEffect(() => {
    if (!editing) return;
    setKey(editing.key);
    setValue(editing.value);
    valueField.current?.focus();
  }, [editing]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!key.trim()) return;
    onSet({ key: key.trim(), value }, () => {
      setKey("");
      setValue("");
    });
  };
  const invalid = error ? true : undefined;
  return (
    <form onSubmit={submit} aria-describedby={error ? id : undefined}>
      <div className="buttons">
        <input className="field" style={{ width: 130 }} aria-label="Tag" placeholder="Tag" maxLength={250} value={key} aria-invalid={invalid} onChange={(event) => setKey(event.target.value)} />
        <input ref={valueField} className="field" style={{ width: 150 }} aria-label="Its value" placeholder="Value" value={value} aria-invalid={invalid} onChange={(event) => setValue(event.target.value)} />
        <button type="submit" className="field" disabled={!key.trim() || busy}>{known(key.trim()) ? "Replace tag" : "Add tag"}</button>
      </div>
      {error ? <div id={id}><ErrorBox error={error} /></div> : null}
    </form>
  );
}
