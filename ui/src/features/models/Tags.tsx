import { useState, type FormEvent } from "react";
import { useDeleteTag, useSetTag, type Owner } from "../../api/registry";
import { ErrorBox } from "../../components/State";

export function Tags({ owner, tags }: { owner: Owner; tags: Record<string, string> }) {
  const set = useSetTag(owner);
  const remove = useDeleteTag(owner);
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  const add = (event: FormEvent) => {
    event.preventDefault();
    if (!key.trim()) return;
    set.mutate({ key: key.trim(), value }, { onSuccess: () => { setKey(""); setValue(""); } });
  };
  const error = set.error ?? remove.error;
  return (
    <div role="group" aria-label="Tags">
      <ul className="chips">
        {Object.entries(tags).sort(([a], [b]) => a.localeCompare(b)).map(([name, text]) => (
          <li key={name} className="chip"><span className="cut" title={`${name} = ${text}`}>{name} = {text}</span><button type="button" className="link" aria-label={`Remove the tag ${name}`} onClick={() => remove.mutate(name)}>×</button></li>
        ))}
      </ul>
      <form className="buttons" onSubmit={add}>
        <input className="field" style={{ width: 130 }} aria-label="Tag" placeholder="Tag" maxLength={250} value={key} onChange={(event) => setKey(event.target.value)} />
        <input className="field" style={{ width: 150 }} aria-label="Its value" placeholder="Value" value={value} onChange={(event) => setValue(event.target.value)} />
        <button type="submit" className="field" disabled={!key.trim() || set.isPending}>Add tag</button>
      </form>
      {error ? <ErrorBox error={error} /> : null}
    </div>
  );
}
