// Keys that work on every page. "?" lists them.
import { useEffect, useState } from "react";
import { useLocation } from "wouter";
import { Dialog } from "../components/Dialog";

const PLACES: Record<string, [path: string, name: string]> = {
  o: ["/", "Overview"],
  e: ["/experiments", "Experiments"],
  p: ["/runs", "Pipeline runs"],
  m: ["/models", "Models"],
};

const KEYS: [keys: string, what: string][] = [
  ["?", "This list"],
  ["/", "To the filter or search of the page"],
  ...Object.entries(PLACES).map(([key, [, name]]): [string, string] => [`g ${key}`, name]),
  ["↑ ↓ PgUp PgDn Home End", "Move in a table"],
  ["Space", "Choose the row"],
  ["Shift ↑ ↓", "Choose several rows"],
  ["Ctrl A, Escape", "Choose all loaded rows, none"],
  ["Enter", "Open the row, apply the filter"],
  ["↓ then Enter or Tab", "Take a completion in the filter"],
];

const isTyping = (target: EventTarget | null) => target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

export function Shortcuts() {
  const [open, setOpen] = useState(false);
  const [, navigate] = useLocation();
  useEffect(() => {
    let going = 0; // until when a letter after "g" counts
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const place = Date.now() < going ? PLACES[event.key] : undefined;
      going = event.key === "g" ? Date.now() + 1200 : 0;
      const search = event.key === "/" ? document.querySelector<HTMLElement>("[data-shortcut='/']") : null;
      if (place) navigate(place[0]);
      else if (event.key === "?") setOpen(true);
      else if (search) search.focus();
      else return;
      event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [navigate]);
  return (
    <>
      <button type="button" aria-label="Keyboard shortcuts" onClick={() => setOpen(true)}>?</button>
      {open && (
        <Dialog title="Keys" onClose={() => setOpen(false)}>
          <table className="plain"><tbody>
            {KEYS.map(([keys, what]) => <tr key={keys}><td><kbd>{keys}</kbd></td><td>{what}</td></tr>)}
          </tbody></table>
          <div className="buttons"><button type="button" className="field" onClick={() => setOpen(false)}>Close</button></div>
        </Dialog>
      )}
    </>
  );
}
