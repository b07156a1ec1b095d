export type AsteriskVersion = '22' | '16';

export interface AmiAccess {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly secret: string;
}

export interface AmiTlsAccess extends AmiAccess {
  /** PEM of the certificate that the PBX shows: self-signed, so it is its own authority. */
  readonly ca: string;
}

export interface AriAccess {
  /** Without a trailing slash: `http://127.0.0.1:8088/ari`. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

export interface SipAccess {
  readonly host: string;
  readonly port: number;
  /** UDP port at which `Dial(PJSIP/phone)` looks for a phone. */
  readonly phonePort: number;
  /** First of the UDP ports that SIPp may use for media. */
  readonly mediaPort: number;
}

/**
 * A real Asterisk under test.
 *
 * A PBX that was given (`owned` is false) cannot be killed, stopped or started, and has no TLS, limited user, SIP or CLI of which
 * the tests know: asking for those throws and says so.
 */
export interface Pbx {
  readonly version: AsteriskVersion;
  readonly systemname: string;
  readonly owned: boolean;
  /** A user who may read and write everything. */
  readonly ami: AmiAccess;
  readonly amiTls: AmiTlsAccess;
  /** A user with `read=call` and no `write`: sees Newchannel and Hangup, no Newexten, and may not ask for lists. */
  readonly amiLimited: AmiAccess;
  readonly ari: AriAccess;
  readonly sip: SipAccess;
  /** What `asterisk -rx COMMAND` prints. */
  cli(command: string): Promise<string>;
  /** Ends the process with SIGKILL: no Hangup, no Shutdown event, no goodbye. Resolves once it is gone. */
  kill9(): Promise<void>;
  /** Starts Asterisk again on the same ports with the same users. Resolves once it is fully booted. */
  start(): Promise<void>;
  /** Ends Asterisk and removes everything that it left. May be called twice. */
  stop(): Promise<void>;
}
