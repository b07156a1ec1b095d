import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export type Labels = Record<string, string>;
export type Reading = readonly [labels: Labels, value: number];

/**
 * What a process tells Prometheus. Everything but durations is read from what the process counts anyway, when it is asked for: nothing is
 * added to the way of an event.
 */
export const createMetrics = () => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });

  const common = (name: string, help: string, labelNames: readonly string[]) => ({
    name: `rollcall_${name}`,
    help,
    labelNames: [...labelNames],
    registers: [registry],
  });

  return {
    /** A count that only grows, since the process started. */
    total: (name: string, help: string, labels: readonly string[], read: () => Iterable<Reading>): void => {
      new Counter({
        ...common(name, help, labels),
        collect() {
          this.reset();
          for (const [values, value] of read()) this.inc(values, value);
        },
      });
    },
    /** What is so now. */
    now: (
      name: string,
      help: string,
      labels: readonly string[],
      read: () => Iterable<Reading> | Promise<Iterable<Reading>>,
    ): void => {
      new Gauge({
        ...common(name, help, labels),
        async collect() {
          const readings = await read();
          this.reset();
          for (const [values, value] of readings) this.set(values, value);
        },
      });
    },
    /** Seconds that something took; the result takes each. */
    duration: (
      name: string,
      help: string,
      labels: readonly string[],
      buckets: readonly number[],
    ): ((values: Labels, seconds: number) => void) => {
      const histogram = new Histogram({ ...common(name, help, labels), buckets: [...buckets] });
      return (values, seconds) => histogram.observe(values, seconds);
    },
    /** In Prometheus' text form. */
    text: () => registry.metrics(),
    contentType: registry.contentType,
    names: (): string[] => registry.getMetricsAsArray().map(({ name }) => name),
  };
};

export type Metrics = ReturnType<typeof createMetrics>;
