import {UserError} from '../../core/values/errors.ts';

/** Connection parameters by libpq's own keyword. */
export type Parameters = Readonly<Record<string, string>>;

type Keyword = {
	/** Environment variable read if the connection string does not set it. */
	readonly environment?: string;
	/** Values that pgtriage cannot honor; absent if every value is honored or has no effect. */
	readonly refused?: (value: string) => boolean;
};

const any = (): boolean => true;
const but =
	(...accepted: readonly string[]) =>
	(value: string): boolean =>
		!accepted.includes(value);

/**
 * All connection keywords of libpq 18 with their environment variables; a value that cannot be honored is refused with a
 * sentence.
 */
const keywords: Readonly<Record<string, Keyword>> = {
	service: {environment: 'PGSERVICE'},
	servicefile: {environment: 'PGSERVICEFILE'},
	user: {environment: 'PGUSER'},
	password: {environment: 'PGPASSWORD'},
	passfile: {environment: 'PGPASSFILE'},
	channel_binding: {environment: 'PGCHANNELBINDING'},
	connect_timeout: {environment: 'PGCONNECT_TIMEOUT'},
	dbname: {environment: 'PGDATABASE'},
	host: {environment: 'PGHOST'},
	hostaddr: {environment: 'PGHOSTADDR'},
	port: {environment: 'PGPORT'},
	client_encoding: {},
	options: {environment: 'PGOPTIONS'},
	application_name: {environment: 'PGAPPNAME'},
	fallback_application_name: {},
	keepalives: {},
	keepalives_idle: {},
	keepalives_interval: {},
	keepalives_count: {},
	tcp_user_timeout: {},
	sslmode: {environment: 'PGSSLMODE'},
	sslnegotiation: {environment: 'PGSSLNEGOTIATION', refused: but('postgres')},
	sslcompression: {environment: 'PGSSLCOMPRESSION'},
	sslcert: {environment: 'PGSSLCERT'},
	sslkey: {environment: 'PGSSLKEY'},
	sslkeylogfile: {refused: any},
	sslcertmode: {environment: 'PGSSLCERTMODE', refused: but('disable', 'allow')},
	sslpassword: {},
	sslrootcert: {environment: 'PGSSLROOTCERT'},
	sslcrl: {environment: 'PGSSLCRL'},
	sslcrldir: {environment: 'PGSSLCRLDIR'},
	sslsni: {environment: 'PGSSLSNI'},
	requirepeer: {environment: 'PGREQUIREPEER', refused: any},
	require_auth: {environment: 'PGREQUIREAUTH'},
	min_protocol_version: {environment: 'PGMINPROTOCOLVERSION', refused: but('3.0')},
	max_protocol_version: {environment: 'PGMAXPROTOCOLVERSION'},
	ssl_min_protocol_version: {environment: 'PGSSLMINPROTOCOLVERSION'},
	ssl_max_protocol_version: {environment: 'PGSSLMAXPROTOCOLVERSION'},
	gssencmode: {environment: 'PGGSSENCMODE', refused: but('disable', 'prefer')},
	krbsrvname: {environment: 'PGKRBSRVNAME'},
	gsslib: {environment: 'PGGSSLIB'},
	gssdelegation: {environment: 'PGGSSDELEGATION'},
	replication: {refused: but('0', 'false', 'off', 'no')},
	target_session_attrs: {environment: 'PGTARGETSESSIONATTRS'},
	load_balance_hosts: {environment: 'PGLOADBALANCEHOSTS'},
	scram_client_key: {refused: any},
	scram_server_key: {refused: any},
	oauth_issuer: {refused: any},
	oauth_client_id: {refused: any},
	oauth_client_secret: {refused: any},
	oauth_scope: {refused: any},
};

/** True if libpq has a connection parameter of this name. */
export const isKeyword = (keyword: string): boolean => Object.hasOwn(keywords, keyword);

/** Throws a UserError for a keyword that libpq does not know; one that may be a part of a password is not shown. */
export const assertKeyword = (keyword: string, isShown: boolean): void => {
	if (isKeyword(keyword)) return;
	if (isShown)
		throw new UserError(`Unknown connection parameter ${JSON.stringify(keyword)}.`, {
			hint: "Use psql's parameters: host, port, user, dbname, sslmode and so on.",
			exitCode: 2,
		});
	throw new UserError('The connection string has an unknown parameter.', {
		hint: 'Quote a value with spaces: password=\'a b\'. In a URI, write %40 for "@", %2F for "/", %3F for "?" and %26 for "&" in a password.',
		exitCode: 2,
	});
};

/** Parameters from the environment, by keyword; an empty host, port or name counts as unset. */
export const parametersOf = (environment: Readonly<Record<string, string | undefined>>): Parameters => {
	const found: Record<string, string> = {};
	if (environment.PGREQUIRESSL?.startsWith('1')) found.sslmode = 'require';
	for (const [keyword, {environment: name}] of Object.entries(keywords)) {
		const value = name === undefined ? undefined : environment[name];
		if (value !== undefined && value !== '') found[keyword] = value;
	}
	return found;
};

/** The value if it is one of those accepted; throws a UserError otherwise. */
export const oneOf = <const T extends string>(keyword: string, value: string, accepted: readonly T[]): T => {
	const found = accepted.find(candidate => candidate === value);
	if (found !== undefined) return found;
	throw new UserError(`${keyword} cannot be ${JSON.stringify(value)}.`, {
		hint: `It is one of ${accepted.join(', ')}.`,
		exitCode: 2,
	});
};

/** Throws a UserError for a parameter that would otherwise be ignored silently. */
export const assertHonoured = (parameters: Parameters): void => {
	for (const [keyword, value] of Object.entries(parameters)) {
		if (value === '' || !keywords[keyword]?.refused?.(value)) continue;
		const variable = keywords[keyword]?.environment;
		throw new UserError(`pgtriage does not support this value of ${keyword}.`, {
			hint: `Leave ${keyword} out${variable === undefined ? '' : `, or unset ${variable}`}, and name one server directly.`,
			exitCode: 2,
		});
	}
};
