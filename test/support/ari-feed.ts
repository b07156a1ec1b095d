/** Makes recorded ARI events, one JSON a line. */

export type AriOfChannel = { id: string; name?: string; state?: string; time?: string };

/** One event about a channel, with the model that Asterisk 22 gives it. */
export const ariLine = (type: string, { id, name = `PJSIP/${id}`, state = 'Up', time = TIME }: AriOfChannel): Buffer =>
  Buffer.from(
    `${JSON.stringify({
      type,
      timestamp: time,
      channel: {
        id,
        name,
        state,
        protocol_id: '',
        caller: { name: 'Alice', number: '101' },
        connected: { name: '', number: '' },
        accountcode: '',
        dialplan: { context: 'default', exten: '600', priority: 1, app_name: '', app_data: '' },
        creationtime: time,
        language: 'en',
      },
      asterisk_id: '00:00:00:00:00:01',
      application: 'rollcall',
    })}\n`,
  );

const TIME = '2026-11-22T15:14:06.349+0000';
