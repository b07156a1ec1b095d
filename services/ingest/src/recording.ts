import type { ChannelList, ChannelObservation, Observation, PbxObservation } from '@rollcall/channel';
import type { IngestCounters } from './counters.ts';
import { createReconciler } from './reconciler.ts';
import type { Writer } from './writer.ts';

const isOfChannel = (observation: Observation): observation is ChannelObservation => 'uniqueid' in observation;

/**
 * Takes a recorded feed through the same writer as a live one. What differs is that nobody can be asked: a restart is told
 * from uptimes or uniqueid counters, and the second look at a missing channel is a second complete list that lacks it.
 */
export const createRecording = (options: { writer: Writer; counters: IngestCounters; source: 'ami' | 'ari' }) => {
  const { writer, counters } = options;
  const reconciler = createReconciler({ writer, counters, imports: (list) => list.authority === 'real' });
  /** Missing in a complete list: the writer's count when that list came. */
  const missing = new Map<string, number>();
  let startedAt: number | undefined;

  const disconnect = (reason: string, time?: number): Promise<void> =>
    writer.recordPbx({ type: 'PbxDisconnected', data: { reason } }, options.source, time);

  const connection = async (observation: PbxObservation & { kind: 'connection' }): Promise<void> => {
    const { source, version, time } = observation;
    if (writer.pbx?.connected) await disconnect('the recorded connection ended', time);
    await writer.recordPbx({ type: 'PbxConnected', data: { source, version, recording: true } }, source, time);
  };

  const list = async (list: ChannelList, time: number | undefined): Promise<void> => {
    const { doubts } = await reconciler.list(list, { askedAt: writer.heard }, time);
    const doubtful = new Set(doubts);
    if (!list.complete) return;
    for (const uniqueid of missing.keys()) if (!doubtful.has(uniqueid)) missing.delete(uniqueid);
    for (const uniqueid of doubtful) {
      const before = missing.get(uniqueid);
      if (before === undefined) missing.set(uniqueid, writer.heard);
      else {
        await reconciler.looked(uniqueid, undefined, { askedAt: before }, time);
        missing.delete(uniqueid);
      }
    }
    if (missing.size === 0) await reconciler.settled(list.channels.length, time);
  };

  const pbxSaid = async (observation: PbxObservation): Promise<void> => {
    const { time } = observation;
    switch (observation.kind) {
      case 'connection':
        return connection(observation);
      case 'uptime': {
        if (time === undefined) return;
        const before = startedAt;
        startedAt = time - observation.seconds * 1000;
        return writer.bootSign({ sign: 'uptime', startedAt, before }, time);
      }
      case 'startup': {
        await writer.bootSign({ sign: 'startup-time', startup: observation.startup }, time);
        if (writer.pbx?.startup === observation.startup) return;
        const { source, version } = writer.pbx ?? {};
        return writer.recordPbx(
          {
            type: 'PbxConnected',
            data: { source: source ?? 'ami', version, startup: observation.startup, recording: true },
          },
          'reconcile',
          time,
        );
      }
      case 'list':
        return list(observation.list, time);
    }
  };

  return {
    /** Call before the first observation: a recording that was broken off has left its PBX connected. */
    begin: async (): Promise<void> => {
      if (writer.pbx?.connected) await disconnect('the recording before was broken off');
    },
    observe: async (observations: readonly Observation[]): Promise<void> => {
      let run: ChannelObservation[] = [];
      for (const observation of observations) {
        // Not every recording begins with a banner.
        if (!writer.pbx?.connected && observation.kind !== 'connection') {
          await connection({ kind: 'connection', source: options.source });
        }
        if (isOfChannel(observation)) run.push(observation);
        else {
          await writer.observe(run);
          run = [];
          await pbxSaid(observation);
        }
      }
      await writer.observe(run);
    },
    end: async (): Promise<void> => {
      if (writer.pbx?.connected) await disconnect('the recording ended');
    },
  };
};
