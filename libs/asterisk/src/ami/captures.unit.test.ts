import { readdirSync, readFileSync } from 'node:fs';
import type { Observation } from '@rollcall/channel';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { captured, capturedLines } from './captures.fixture.ts';
import { createAmiObserver } from './observer.ts';

const CAPTURES = new URL('../../../../test/captures/', import.meta.url);
const SCENARIOS = readdirSync(CAPTURES).filter((name) => /^a\d\d-/.test(name));
/** Channels that Asterisk's list holds and no AMI event ever carries. */
const INTERNAL = /^(CBAnn|Surrogate)\//;
/** The list was asked for by another connection than the events came over. */
const AROUND_MS = 100;

const chunkSchema = z.object({ t: z.number(), at: z.number(), n: z.number() });
const truthSchema = z.object({ t: z.number(), channels: z.array(z.string()).optional() });

type Life = { uniqueid: string; from: number; to: number };

/** Folds a scenario as a plain listener would who at least remembers what is over. */
const livesOf = (scenario: string): Life[] => {
  const bytes = captured(scenario);
  const observer = createAmiObserver({ variables: [] });
  const lives = new Map<string, Life>();
  const take = (observations: Observation[], t: number) => {
    for (const seen of observations) {
      if (!('uniqueid' in seen)) continue;
      const life = lives.get(seen.uniqueid) ?? { uniqueid: seen.uniqueid, from: t, to: Number.POSITIVE_INFINITY };
      lives.set(seen.uniqueid, life);
      if (seen.kind === 'destroyed') life.to = Math.min(life.to, t);
    }
  };
  for (const line of capturedLines(scenario, 'ami.chunks.ndjson.gz')) {
    const { t, at, n } = chunkSchema.parse(line);
    take(observer.push(bytes.subarray(at, at + n)), t);
  }
  take(observer.end(), Number.POSITIVE_INFINITY);
  expect(observer.counters).toMatchObject({ discarded: 0, malformed: 0 });
  return [...lives.values()];
};

/** Every list that Asterisk gave of itself, beside ours: what one has and the other lacks, at any moment around it. */
const disagreements = (scenario: string): { listed: number; wrong: string[] } => {
  const lives = livesOf(scenario);
  let listed = 0;
  const wrong: string[] = [];
  for (const line of capturedLines(scenario, 'truth.ndjson.gz')) {
    const { t, channels = [] } = truthSchema.parse(line);
    const truth = new Set(
      channels.filter((row) => !INTERNAL.test(row)).map((row) => row.slice(row.lastIndexOf('!') + 1)),
    );
    listed += truth.size;
    const possible = new Set<string>();
    for (const { uniqueid, from, to } of lives) {
      if (from <= t + AROUND_MS && to >= t - AROUND_MS) possible.add(uniqueid);
      if (from <= t - AROUND_MS && to > t + AROUND_MS && !truth.has(uniqueid))
        wrong.push(`${t}: only ours ${uniqueid}`);
    }
    for (const uniqueid of truth) if (!possible.has(uniqueid)) wrong.push(`${t}: only Asterisk's ${uniqueid}`);
  }
  return { listed, wrong };
};

const sound = SCENARIOS.filter((name) => !/(crash|disconnect|ghost)$/.test(name));

describe('a fold of what is observed', () => {
  test.each(sound)('agrees with every list that Asterisk gave of itself: %s', (scenario) => {
    const { listed, wrong } = disagreements(scenario);
    expect(listed).toBeGreaterThan(100);
    expect(wrong).toEqual([]);
  });

  const leftOver = { crash: 12, disconnect: 10, ghost: 0 };

  test.each(SCENARIOS)('leaves at the end what never got a Hangup, and nothing else: %s', (scenario) => {
    const end = livesOf(scenario).filter(({ to }) => to === Number.POSITIVE_INFINITY);
    const expected = Object.entries(leftOver).find(([name]) => scenario.endsWith(name))?.[1] ?? 0;
    expect(end).toHaveLength(expected);
    expect(readFileSync(new URL(`${scenario}/meta.json`, CAPTURES), 'utf8')).toContain('finalChannels');
  });
});
