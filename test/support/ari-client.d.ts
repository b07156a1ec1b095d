/** The npm package ari-client, as far as the tests use it: it brings no types. */
declare module 'ari-client' {
  export type AriModel = Record<string, unknown>;
  export type AriEvent = { type: string; channel?: { id: string; name: string; state: string } & AriModel } & AriModel;

  export type AriClient = {
    channels: {
      list(): Promise<AriModel[]>;
      get(parameters: { channelId: string }): Promise<AriModel>;
      getChannelVar(parameters: { channelId: string; variable: string }): Promise<AriModel>;
    };
    bridges: { list(): Promise<AriModel[]>; get(parameters: { bridgeId: string }): Promise<AriModel> };
    applications: { list(): Promise<AriModel[]>; get(parameters: { applicationName: string }): Promise<AriModel> };
    asterisk: { getInfo(): Promise<AriModel>; ping(): Promise<AriModel> };
    start(applications: string | string[], subscribeAll?: boolean): Promise<void>;
    stop(): void;
    ping(): void;
    on(event: string, listener: (event: AriEvent) => void): void;
  };

  const client: { connect(url: string, user: string, password: string): Promise<AriClient> };
  export default client;
}
