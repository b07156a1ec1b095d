import { systemWorld } from '@rollcall/clock';
import pino from 'pino';
import { type Running, startRollcall } from '../../services/cli/src/running.ts';
import { loadSettings } from '../../services/cli/src/settings/load.ts';

/** A Rollcall in this process, so that a test can lay hands on its list; its one PBX is never reached. */
export const startHere = (data: string, flags: { http?: string } = {}): Promise<Running> =>
  startRollcall(
    loadSettings({ data, http: '127.0.0.1:0', pbx: ['none=ami://u:s@127.0.0.1:1'], ...flags }, {}),
    systemWorld,
    pino({ level: 'silent' }),
  );
