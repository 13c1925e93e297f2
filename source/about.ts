import packageJson from '../package.json' with {type: 'json'};

/** What package.json may say about the project. */
type Metadata = {
	readonly version: string;
	readonly homepage?: string;
	readonly bugs?: {readonly url: string};
};

const {version, homepage, bugs}: Metadata = packageJson;

/** Version and public addresses of the program; package.json is the only place that has them, empty until there are any. */
export const about: Metadata = {version, ...(homepage && {homepage}), ...(bugs && {bugs})};

/** The sentence that asks for a report of a bug, with its details in a file if there is one, and the tracker once there is one. */
export const requestToReport = (file: string | undefined, tracker: string | undefined): string => {
	const place = tracker === undefined ? '' : ` at ${tracker}`;
	return file === undefined ? `Please report it${place}.` : `Details are in ${file}; please report it${place}.`;
};
