/** `read`: lists, timelines, feeds. `operate`: that, and what changes the list or the log. */
export type Role = 'read' | 'operate';

/** Who has logged in. */
export type Identity = {
  readonly name: string;
  readonly role: Role;
  /** The PBXs that may be seen; all where it is left out. */
  readonly pbxs?: readonly string[];
};

export const mayOperate = ({ role }: Identity): boolean => role === 'operate';

/** Whether anything of that PBX may be shown. */
export const maySee = ({ pbxs }: Identity, pbx: string): boolean => pbxs?.includes(pbx) ?? true;
