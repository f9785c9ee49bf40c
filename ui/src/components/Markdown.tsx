// The part of Markdown that model cards and notes use, as React elements: text of a run never becomes markup. Links lead
// only to http and https.
import { Fragment, type ReactNode } from "react";

const INLINE = /(`[^`]+`|\*\*[^*]+\*\*|\*[^*\s][^*]*\*|\[[^\]]+\]\(https?:\/\/[^\s)]+\))/g;

function inline(text: string): ReactNode[] {
  return text.split(INLINE).map((part, i) => {
    if (i % 2 === 0) return part;
    if (part.startsWith("`")) return <code key={i} className="inline">{part.slice(1, -1)}</code>;
    if (part.startsWith("**")) return <b key={i}>{part.slice(2, -2)}</b>;
    if (part.startsWith("*")) return <i key={i}>{part.slice(1, -1)}</i>;
    const [, name, address] = /^\[([^\]]+)\]\((.+)\)$/.exec(part)!;
    return <a key={i} href={address} rel="noreferrer noopener" target="_blank">{name}</a>;
  });
}

const cells = (line: string) => line.replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());

function Table({ lines }: { lines: string[] }) {
  return (
    <table className="plain">
      <thead><tr>{cells(lines[0]).map((cell, i) => <th key={i}>{inline(cell)}</th>)}</tr></thead>
      <tbody>{lines.slice(2).map((line, i) => <tr key={i}>{cells(line).map((cell, j) => <td key={j}>{inline(cell)}</td>)}</tr>)}</tbody>
    </table>
  );
}

function Block({ text }: { text: string }) {
  const lines = text.split("\n");
  const heading = /^(#{1,6})\s+(.*)$/.exec(lines[0]);
  if (heading) {
    const Tag = `h${Math.min(6, heading[1].length + 2)}` as "h3";
    return <><Tag>{inline(heading[2])}</Tag>{lines.length > 1 && <Block text={lines.slice(1).join("\n")} />}</>;
  }
  if (lines.length > 1 && /^\|?[\s:|-]+\|[\s:|-]*$/.test(lines[1])) return <div className="scroll"><Table lines={lines} /></div>;
  if (lines.every((line) => /^\s*([-*+]|\d+\.)\s/.test(line))) {
    const items = lines.map((line, i) => <li key={i}>{inline(line.replace(/^\s*([-*+]|\d+\.)\s+/, ""))}</li>);
    return /^\s*\d/.test(lines[0]) ? <ol>{items}</ol> : <ul>{items}</ul>;
  }
  return <p>{lines.map((line, i) => <Fragment key={i}>{i > 0 && " "}{inline(line)}</Fragment>)}</p>;
}

export function Markdown({ text }: { text: string }) {
  // Fenced code is taken out first, for it may hold empty lines.
  const parts = text.replaceAll("\r\n", "\n").split(/^```.*\n([\s\S]*?)^```\s*$/m);
  return (
    <div className="markdown">
      {parts.map((part, i) => i % 2 === 1
        ? <pre key={i} className="log">{part}</pre>
        : part.split(/\n{2,}/).filter((block) => block.trim()).map((block, j) => <Block key={`${i}.${j}`} text={block.trim()} />))}
    </div>
  );
}
