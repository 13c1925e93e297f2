/** An extension's version as a number to compare and to climb ladders with: 1.8 is 1008, 1.12 is 1012. */
export const extensionVersion = (text: string): number => {
	const [major = 0, minor = 0] = text.split('.').map(Number);
	return major * 1000 + minor;
};
