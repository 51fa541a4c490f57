/** Returns the values of a scrape by name and labels, such as `chat_sockets` or `http_requests_total{method="GET"}`. */
export function figuresIn(scrape: string): Record<string, number> {
  const lines = scrape.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(lines.map((line) => splitAt(line, line.lastIndexOf(' '))));
}

function splitAt(line: string, space: number): [string, number] {
  return [line.slice(0, space), Number(line.slice(space + 1))];
}

/** Returns the differences between two scrapes, without those of 0. */
export function growth(before: string, after: string): Record<string, number> {
  const old = figuresIn(before);
  const differences = Object.entries(figuresIn(after)).map(([name, value]): [string, number] => [
    name,
    value - (old[name] ?? 0),
  ]);
  return Object.fromEntries(differences.filter(([, value]) => value !== 0));
}
