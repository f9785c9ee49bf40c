// Tabs as ARIA has them: one stop of the Tab key, the arrows move and choose.
import { useId, useRef, type KeyboardEvent, type ReactNode } from "react";

export function Tabs({ label, tabs, chosen, onChoose, children }: { label: string; tabs: Record<string, string>; chosen: string; onChoose: (id: string) => void; children: ReactNode }) {
  const base = useId();
  const list = useRef<HTMLDivElement>(null);
  const ids = Object.keys(tabs);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = (ids.indexOf(chosen) + step + ids.length) % ids.length;
    onChoose(ids[next]);
    list.current?.querySelectorAll<HTMLElement>("button")[next].focus();
    event.preventDefault();
  };
  return (
    <>
      <div ref={list} className="tabs" role="tablist" aria-label={label} onKeyDown={onKeyDown}>
        {ids.map((id) => (
          <button key={id} type="button" role="tab" id={`${base}-${id}`} aria-selected={id === chosen} aria-controls={`${base}-panel`} tabIndex={id === chosen ? 0 : -1} onClick={() => onChoose(id)}>
            {tabs[id]}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${base}-panel`} aria-labelledby={`${base}-${chosen}`}>{children}</div>
    </>
  );
}
