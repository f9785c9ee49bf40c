// The filter of the search grammar, with completion of keys, operators and values seen. Enter asks the server.
import { useEffect, useId, useLayoutEffect, useRef, useState, type KeyboardEvent } from "react";
import { complete, put, type Completion, type Vocabulary } from "../lib/grammar";

const NONE: Completion = { from: 0, to: 0, options: [] };

interface Props {
  label: string;
  example: string;
  value: string;
  vocabulary: () => Vocabulary; // asked when it is needed: it grows as rows come in
  error: string | null;
  onApply: (text: string) => void;
}

export function FilterBox({ label, example, value, vocabulary, error, onApply }: Props) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(value);
  const [offer, setOffer] = useState<Completion>(NONE);
  const [chosen, setChosen] = useState(-1);
  const [caret, setCaret] = useState<number | null>(null);
  useEffect(() => setText(value), [value]);

  const propose = (now: string) => {
    setOffer(complete(now, input.current?.selectionStart ?? now.length, vocabulary()));
    setChosen(-1);
  };
  const close = () => {
    setOffer(NONE);
    setChosen(-1);
  };
  const take = (index: number) => {
    const next = put(text, offer, offer.options[index]);
    setText(next.text);
    setCaret(next.caret);
    setOffer(complete(next.text, next.caret, vocabulary()));
    setChosen(-1);
  };
  // In the same turn as the text, so that a key pressed right after lands behind what was put in.
  useLayoutEffect(() => {
    if (caret === null) return;
    input.current?.setSelectionRange(caret, caret);
    setCaret(null);
  }, [caret]);
  const count = offer.options.length;
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown" && count === 0) propose(text);
    else if (event.key === "ArrowDown") setChosen((chosen + 1) % count);
    else if (event.key === "ArrowUp" && count > 0) setChosen((chosen + count - (chosen < 0 ? 0 : 1)) % count);
    else if ((event.key === "Enter" || event.key === "Tab") && chosen >= 0) take(chosen);
    else if (event.key === "Enter") {
      close();
      onApply(text.trim());
    } else if (event.key === "Escape" && count > 0) close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="filterbox">
      <input ref={input} className="field" type="text" role="combobox" spellCheck={false} autoComplete="off" data-shortcut="/"
        aria-label={label} aria-expanded={count > 0} aria-controls={`${id}-list`} aria-autocomplete="list" aria-invalid={error ? true : undefined}
        aria-describedby={error ? `${id}-error` : undefined} aria-activedescendant={chosen >= 0 ? `${id}-${chosen}` : undefined}
        placeholder={example} value={text}
        onChange={(event) => { setText(event.target.value); propose(event.target.value); }}
        onFocus={() => propose(text)} onBlur={close} onKeyDown={onKeyDown} />
      {value && <button type="button" className="clear" aria-label="Clear the filter" onClick={() => onApply("")}>×</button>}
      <ul id={`${id}-list`} role="listbox" aria-label="Completions" hidden={count === 0}>
        {offer.options.map((option, index) => (
          <li key={option.text} id={`${id}-${index}`} role="option" aria-selected={index === chosen} onPointerDown={(event) => { event.preventDefault(); take(index); }}>
            <code>{option.text}</code> <span className="sub">{option.note}</span>
          </li>
        ))}
      </ul>
      {error && <p id={`${id}-error`} role="alert" className="fielderror">{error}</p>}
    </div>
  );
}
