import type {Theme} from '../terminal/style.ts';

/** The look of views: the theme, with or without colors, with or without ASCII borders. */
export type Look = {readonly theme: Theme; readonly color: boolean; readonly ascii: boolean};
