import { connectJudge } from './judge.ts';
import type { AsteriskVersion, Pbx } from './pbx.ts';

/**
 * The running PBX that ROLLCALL_TEST_ASTERISK names: `ami://USER:SECRET@HOST:PORT,ari+http://USER:PASSWORD@HOST:PORT`. Undefined when it
 * runs another version than the one asked for; rejects when the text is not of that form or the PBX refuses the login.
 */
export async function givenPbx(text: string, version: AsteriskVersion): Promise<Pbx | undefined> {
  const { ami, ari } = parseGiven(text);
  const judge = await connectJudge(ami);
  const settings = (await judge.action({ Action: 'CoreSettings' })).response;
  judge.close();
  if (!settings.AsteriskVersion?.startsWith(`${version}.`)) return undefined;

  function notOurs(what: string): never {
    throw new Error(`${what}: not possible with the PBX of ROLLCALL_TEST_ASTERISK, which the tests only use`);
  }
  return {
    version,
    systemname: settings.SystemName ?? '',
    owned: false,
    ami,
    ari,
    get amiTls() {
      return notOurs('AMI over TLS');
    },
    get amiLimited() {
      return notOurs('a limited AMI user');
    },
    get sip() {
      return notOurs('SIP calls');
    },
    cli: async () => notOurs('the CLI'),
    kill9: async () => notOurs('kill9'),
    start: async () => notOurs('start'),
    stop: async () => undefined,
  };
}

function parseGiven(text: string): Pick<Pbx, 'ami' | 'ari'> {
  const form = 'ROLLCALL_TEST_ASTERISK must be ami://USER:SECRET@HOST:PORT,ari+http://USER:PASSWORD@HOST:PORT';
  const urls = text.split(',').map((part) => URL.parse(part.trim()));
  const ami = urls.find((url) => url?.protocol === 'ami:');
  const ari = urls.find((url) => url?.protocol === 'ari+http:' || url?.protocol === 'ari+https:');
  if (!ami?.hostname || !ami.username || !ari?.host || !ari.username) throw new Error(form);
  return {
    ami: {
      host: ami.hostname,
      port: Number(ami.port || 5038),
      user: decodeURIComponent(ami.username),
      secret: decodeURIComponent(ami.password),
    },
    ari: {
      url: `${ari.protocol.slice('ari+'.length)}//${ari.host}/ari`,
      user: decodeURIComponent(ari.username),
      password: decodeURIComponent(ari.password),
    },
  };
}
