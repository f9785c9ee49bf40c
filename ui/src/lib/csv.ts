// Comma-separated values as RFC 4180 has them, and a file made here for the browser to save.
const cell = (value: string | number | null) => {
  const text = value === null ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

export const csvLine = (values: (string | number | null)[]) => `${values.map(cell).join(",")}\r\n`;

export function save(name: string, parts: BlobPart[], type = "text/csv") {
  const url = URL.createObjectURL(new Blob(parts, { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The download has its own hold on the bytes once it has begun.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

// The rows of a CSV text, at most `most` of them. Quotes may hold separators, line ends and doubled quotes.
export function parseCsv(text: string, separator: string, most: number): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cellText = "";
  let quoted = false;
  const endRow = () => {
    rows.push([...row, cellText]);
    row = [];
    cellText = "";
  };
  for (let i = 0; i < text.length && rows.length < most; ++i) {
    const c = text[i];
    if (quoted && c === '"' && text[i + 1] === '"') cellText += text[++i];
    else if (quoted) c === '"' ? (quoted = false) : (cellText += c);
    else if (c === '"' && cellText === "") quoted = true;
    else if (c === separator) row.push(cellText), (cellText = "");
    else if (c === "\n") endRow();
    else if (c !== "\r") cellText += c;
  }
  if ((cellText || row.length > 0) && rows.length < most) endRow();
  return rows;
}
