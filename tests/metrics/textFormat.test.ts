import { Counter, LabelledCounter } from '../../src/metrics/counter';
import { Histogram, LabelledHistogram } from '../../src/metrics/histogram';
import { toText } from '../../src/metrics/metric';
import { Reading } from '../../src/metrics/reading';

test('a counter begins at 0 and adds up', () => {
  const counter = new Counter('a_total', 'How many.');
  expect(toText([counter])).toBe('# HELP a_total How many.\n# TYPE a_total counter\na_total 0\n');
  counter.add();
  counter.add(2);
  expect(toText([counter])).toContain('\na_total 3\n');
});

test('labels that are known beforehand are there with 0, others from their first time on', () => {
  const counter = new LabelledCounter('a_total', 'How many.', ['x', 'y'], [{ x: '1', y: '2' }]);
  counter.add({ x: '1', y: '3' });
  counter.add({ y: '3', x: '1' });
  expect(toText([counter])).toBe(
    '# HELP a_total How many.\n# TYPE a_total counter\na_total{x="1",y="2"} 0\na_total{x="1",y="3"} 2\n',
  );
});

test('labels are kept apart, also where they read alike together', () => {
  const counter = new LabelledCounter('a_total', 'How many.', ['x', 'y']);
  counter.add({ x: 'a\nb', y: 'c' });
  counter.add({ x: 'a', y: 'b\nc' });
  expect(toText([counter]).match(/ 1$/gm)).toHaveLength(2);
});

test('what would break a line is escaped', () => {
  const counter = new LabelledCounter('a_total', 'One\nor \\ "two".', ['x']);
  counter.add({ x: 'a"b\\c\nd' });
  expect(toText([counter])).toBe(
    '# HELP a_total One\\nor \\\\ "two".\n# TYPE a_total counter\na_total{x="a\\"b\\\\c\\nd"} 1\n',
  );
});

test('a reading is taken when it is asked for', () => {
  let value = 1;
  const gauge = new Reading('gauge', 'a', 'Now.', () => value);
  value = 0.25;
  expect(toText([gauge])).toBe('# HELP a Now.\n# TYPE a gauge\na 0.25\n');
});

test('a histogram counts each value in every bucket that it fits', () => {
  const histogram = new Histogram('a_seconds', 'How long.', [0.1, 1]);
  for (const value of [0.05, 0.1, 0.5, 1.5, 2]) histogram.observe(value);
  expect(toText([histogram])).toBe(
    [
      '# HELP a_seconds How long.',
      '# TYPE a_seconds histogram',
      'a_seconds_bucket{le="0.1"} 2',
      'a_seconds_bucket{le="1"} 3',
      'a_seconds_bucket{le="+Inf"} 5',
      'a_seconds_sum 4.15',
      'a_seconds_count 5',
      '',
    ].join('\n'),
  );
});

test('a histogram with labels has buckets for each', () => {
  const histogram = new LabelledHistogram('a', 'How large.', ['x'], [1]);
  histogram.observe({ x: 'small' }, 1);
  histogram.observe({ x: 'large' }, 7);
  expect(toText([histogram])).toContain('a_bucket{x="small",le="1"} 1\na_bucket{x="small",le="+Inf"} 1\n');
  expect(toText([histogram])).toContain('a_bucket{x="large",le="1"} 0\na_bucket{x="large",le="+Inf"} 1\n');
});
