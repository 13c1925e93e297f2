import {UserError} from '../core/values/errors.ts';

/** An address and a port to listen on. */
export type ListenAddress = {readonly host: string; readonly port: number};

const loopback = '127.0.0.1';

/** The address that metrics are served at by default. */
export const defaultListen = `${loopback}:9732`;

/** Parses `ADDR:PORT`, `[ADDR]:PORT` or a port of the loopback address; throws a UserError for anything else. */
export const listenOf = (text: string): ListenAddress => {
	const [, six, name, digits = ''] = /^(?:\[([0-9a-f:.]+)\]:|([^:[\]\s/]+):)?(\d{1,5})$/i.exec(text) ?? [];
	const port = Number(digits);
	if (digits !== '' && port <= 65_535) return {host: six ?? name ?? loopback, port};
	throw new UserError(`--listen ${text} is not an address with a port.`, {
		hint: `Use ${defaultListen}, or 0.0.0.0:9732 for all addresses of this machine.`,
		exitCode: 2,
	});
};

/** True if only programs on this machine reach the address. */
export const isLoopback = ({host}: ListenAddress): boolean => /^(?:127\.|::1$|localhost$)/.test(host);
