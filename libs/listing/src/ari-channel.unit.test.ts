import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type Channel, position, revision, shapeChannel, stateNumber } from '@rollcall/channel';
import { describe, expect, test } from 'vitest';
import { type AriChannelModel, ariChannel } from './ari-channel.ts';

const CAPTURES = new URL('../../../test/captures/', import.meta.url);

/** Our channel as ARI's model tells it. */
const told = (model: AriChannelModel): Channel =>
  shapeChannel({
    pbx: 'pbx-a',
    boot: 1,
    uniqueid: model.id,
    name: model.name,
    origin: 'created',
    revision: revision(0),
    position: position(1),
    state: stateNumber(model.state) ?? -1,
    protocolid: model.protocol_id,
    callerName: model.caller.name || null,
    callerNumber: model.caller.number || null,
    connectedName: model.connected.name || null,
    connectedNumber: model.connected.number || null,
    accountCode: model.accountcode,
    context: model.dialplan.context,
    exten: model.dialplan.exten,
    ...(model.dialplan.priority === null ? {} : { priority: model.dialplan.priority }),
    application: model.dialplan.app_name,
    applicationData: model.dialplan.app_data,
    created: Date.parse(model.creationtime.replace('+0000', 'Z')),
    language: model.language,
    ...(model.caller_rdnis === undefined ? {} : { callerRdnis: model.caller_rdnis }),
    ...(model.tenantid === undefined ? {} : { tenantid: model.tenantid }),
  });

describe("ARI's channel model, byte for byte as Asterisk 22 sends it", () => {
  const folders = readdirSync(CAPTURES).filter((folder) => folder.startsWith('a22-'));
  test.each(folders)('%s', (folder) => {
    const lines = gunzipSync(readFileSync(new URL(`${folder}/ari.ndjson.gz`, CAPTURES)))
      .toString('utf8')
      .trimEnd();
    const models = lines.split('\n').flatMap((line) => {
      const { e } = JSON.parse(line) as { e: { channel?: AriChannelModel; peer?: AriChannelModel } };
      return [e.channel ?? [], e.peer ?? []].flat();
    });
    expect(models.length).toBeGreaterThan(0);
    for (const model of models) expect(JSON.stringify(ariChannel(told(model)))).toBe(JSON.stringify(model));
  });
});

describe('what was never said', () => {
  const bare = shapeChannel({
    pbx: 'pbx-a',
    boot: 1,
    uniqueid: '1.1',
    name: 'PJSIP/a-1',
    origin: 'found',
    revision: revision(0),
    position: position(1),
  });
  test('is an empty text, and no priority is null as in Asterisk', () => {
    expect(ariChannel(bare)).toEqual({
      id: '1.1',
      name: 'PJSIP/a-1',
      state: 'Unknown',
      protocol_id: '',
      caller: { name: '', number: '' },
      connected: { name: '', number: '' },
      accountcode: '',
      dialplan: { context: '', exten: '', priority: null, app_name: '', app_data: '' },
      creationtime: '',
      language: '',
    });
  });
  test('caller_rdnis, channelvars and tenantid are there only with a value, in that order', () => {
    const full = { ...bare, callerRdnis: '100', variables: { A: 'b' }, tenantid: 't' };
    expect(Object.keys(ariChannel(full)).slice(-3)).toEqual(['caller_rdnis', 'channelvars', 'tenantid']);
    expect(ariChannel({ ...bare, callerRdnis: '', variables: {}, tenantid: '' })).toEqual(ariChannel(bare));
  });
});
