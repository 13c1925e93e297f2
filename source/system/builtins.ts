/**
 * Modules of Node that few runs use, loaded when they are first used. To load `node:crypto`, `node:http` and `node:zlib` before the
 * first row would take a fifth of the time until then: a static import reads every export, such as the WebSocket client.
 */
export const builtins = {
	crypto: () => process.getBuiltinModule('node:crypto'),
	http: () => process.getBuiltinModule('node:http'),
	https: () => process.getBuiltinModule('node:https'),
	tls: () => process.getBuiltinModule('node:tls'),
} as const;
