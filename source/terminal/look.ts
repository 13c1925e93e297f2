import type {Abilities, Colors} from './abilities.ts';
import {packTheme, type Theme, type ToneStyles} from './style.ts';

/** The look of everything painted, by the terminal and by views: the style of every tone, the colors, and whether it is ASCII. */
export type Look = {readonly styles: ToneStyles; readonly colors: Colors; readonly ascii: boolean};

/** The look of a theme on a terminal with those abilities. */
export const lookOf = (theme: Theme, {colors, ascii}: Abilities): Look => ({styles: packTheme(theme, colors), colors, ascii});
