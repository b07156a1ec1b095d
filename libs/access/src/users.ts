import { z } from 'zod';

const roleSchema = z.enum(['read', 'operate']);

/** Of a user; it is shown in lists and logs. */
export const userNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/, 'is no user name: letters, digits, and . _ - @ inside, 64 at most');

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`), `is not ${bytes} bytes in hex`);

/** A password as it is kept: scrypt (RFC 7914) with its cost, so that the cost may rise later. */
const passwordHashSchema = z.strictObject({
  scheme: z.literal('scrypt'),
  /** At most what a login may cost: beyond it a file could stop the service. */
  cost: z.union([z.literal(2 ** 14), z.literal(2 ** 15), z.literal(2 ** 16), z.literal(2 ** 17)]),
  blockSize: z.int().min(1).max(16),
  parallelization: z.int().min(1).max(4),
  salt: hex(16),
  hash: hex(32),
});

const tokenSchema = z.strictObject({
  id: hex(4),
  /** SHA-256 of the token: it is random and long, so that no slower hash is needed. */
  sha256: hex(32),
  /** Where the token may less than its user. */
  role: roleSchema.optional(),
  created: z.iso.datetime(),
  expires: z.iso.datetime().optional(),
  note: z.string().max(200).optional(),
});

const userSchema = z
  .strictObject({
    name: userNameSchema,
    role: roleSchema,
    /** The PBXs that the user may see; all where it is left out. */
    pbxs: z.array(z.string().min(1).max(64)).min(1).max(1_000).optional(),
    created: z.iso.datetime(),
    /** Left out: the user logs in with tokens, or AMI alone. */
    password: passwordHashSchema.optional(),
    /** As it is: AMI's MD5 login can be checked with nothing less. */
    amiSecret: z.string().min(1).max(256).optional(),
    tokens: z.array(tokenSchema).max(1_000).default([]),
  })
  .refine(({ role, pbxs }) => role === 'read' || pbxs === undefined, {
    message: 'may operate and is bound to PBXs: operating changes the list of all of them',
    path: ['pbxs'],
  });

export const usersSchema = z.strictObject({
  version: z.literal(1),
  users: z
    .array(userSchema)
    .max(10_000)
    .refine((users) => new Set(users.map(({ name }) => name)).size === users.length, 'two have the same name'),
});

export type PasswordHash = z.output<typeof passwordHashSchema>;
export type Token = z.output<typeof tokenSchema>;
export type User = z.output<typeof userSchema>;
export type Users = z.output<typeof usersSchema>;
