/** A group of figures under one name, as Prometheus reads it (https://prometheus.io/docs/instrumenting/exposition_formats/). */
export interface Metric {
  readonly name: string;
  /** What it counts, in which unit, in one line. */
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** The figures of this moment. */
  samples(): Iterable<Sample>;
}

export interface Sample {
  /** What follows the name of the metric, such as `_count`. */
  suffix?: string;
  labels?: Labels;
  value: number;
}

export type Labels<Name extends string = string> = Readonly<Record<Name, string>>;

/** Writes metrics in the text format of Prometheus. */
export function toText(metrics: readonly Metric[]): string {
  return metrics.map(metricText).join('');
}

function metricText(metric: Metric): string {
  const { name, help, type } = metric;
  const lines = [`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`];
  for (const { suffix = '', labels = {}, value } of metric.samples()) {
    lines.push(`${name}${suffix}${labelText(labels)} ${value}`);
  }
  return `${lines.join('\n')}\n`;
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function escapeLabel(value: string): string {
  return escapeHelp(value).replaceAll('"', '\\"');
}
