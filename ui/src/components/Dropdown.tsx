// A button that opens a panel under itself. Escape and a click elsewhere close it; the focus goes in and comes back.
import { useEffect, useRef, useState, type ReactNode } from "react";

export function Dropdown({ label, title, width = 260, children }: { label: ReactNode; title: string; width?: number; children: (close: () => void) => ReactNode }) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return undefined;
    const box = panel.current!;
    // Never out of the window at the right.
    const over = box.getBoundingClientRect().right - document.documentElement.clientWidth + 8;
    if (over > 0) box.style.left = `${-over}px`;
    box.querySelector<HTMLElement>("input, button, a")?.focus();
    const outside = (event: Event) => !root.current?.contains(event.target as Node) && setOpen(false);
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  return (
    <div className="dropdown" ref={root}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !open) return;
        event.stopPropagation();
        close();
      }}>
      <button ref={button} type="button" className="field" aria-haspopup="dialog" aria-expanded={open} onClick={() => setOpen(!open)}>{label}</button>
      {open && <div ref={panel} className="panel" role="dialog" aria-label={title} style={{ width }}>{children(close)}</div>}
    </div>
  );
}
