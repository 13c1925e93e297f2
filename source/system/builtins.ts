/**
 * Modules of Node that few runs use, loaded when they are first used. A static import delays the first row: it reads every export, and
 * one of those of `node:http` loads the whole HTTP client with its WebSockets.
 */
export const builtins = {
	childProcess: () => process.getBuiltinModule('node:child_process'),
	crypto: () => process.getBuiltinModule('node:crypto'),
	http: () => process.getBuiltinModule('node:http'),
	https: () => process.getBuiltinModule('node:https'),
	tls: () => process.getBuiltinModule('node:tls'),
	zlib: () => process.getBuiltinModule('node:zlib'),
} as const;
