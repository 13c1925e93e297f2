import {deserialize, serialize} from 'node:v8';
import {builtins} from './builtins.ts';

/** True if this Node.js can compress with zstd, as those since 22.15 can. */
export const hasZstd = (): boolean => typeof builtins.zlib().zstdCompressSync === 'function';

/** Bytes of parts, compressed together. */
export const compressed = (parts: readonly Uint8Array[]): Uint8Array => {
	const {constants, deflateRawSync, zstdCompressSync} = builtins.zlib();
	const bytes = serialize(parts);
	const result = hasZstd()
		? zstdCompressSync(bytes, {params: {[constants.ZSTD_c_compressionLevel]: 1}})
		: deflateRawSync(bytes, {level: 1});
	// It is the beginning of a buffer that is larger.
	return new Uint8Array(result);
};

/** The parts that were compressed. */
export const decompressed = (bytes: Uint8Array): readonly Uint8Array[] => {
	const {inflateRawSync, zstdDecompressSync} = builtins.zlib();
	return deserialize(hasZstd() ? zstdDecompressSync(bytes) : inflateRawSync(bytes));
};
